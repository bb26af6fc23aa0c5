use super::{
    disk::SmallDisk,
    scene::{Scene, binary},
};

#[tokio::test]
async fn a_full_disk_refuses_writes_and_serves_reads() {
    let binary = binary();
    let folder = binary.folder().join("disk");
    std::fs::create_dir(&folder).expect("a folder");
    let disk = SmallDisk::mounted_at(&folder, 24 * 1024 * 1024).await;
    // A process that enters a namespace starts at its root, so all paths are absolute.
    let binary = binary
        .under(disk.enter())
        .with("database.url", &format!("sqlite://{}/suhbat.db", folder.display()))
        .with("objects.url", &format!("file://{}/objects", folder.display()))
        // The whole disk is smaller than the usual reserve.
        .with("objects.min_free_bytes", "0");
    let mut scene = Scene::new(binary).await;
    scene.upload("before.txt").await.expect(201);
    for _ in 0..2 {
        disk.fill();
        scene.cannot_store(503, "unavailable").await;
        scene.upload("full.txt").await.refused(503, "unavailable");
        scene.served.shown("a part of the service does not work").await;
        disk.free();
        scene.goes_on().await;
        scene.upload("after.txt").await.expect(201);
    }
    scene.keeps_what_it_acknowledged().await;
}
