use std::fs;

use serde_json::json;

use super::scene::{Scene, binary};

#[tokio::test]
async fn files_are_not_put_into_the_mount_point_of_a_volume_that_is_gone() {
    let mut scene = Scene::new(binary()).await;
    let kept = scene.upload("before.txt").await.expect(201)["attachments"][0]["file"].clone();
    let kept = kept.as_str().expect("a link");
    let data = scene.served.folder().join("data");
    let (objects, elsewhere) = (data.join("objects"), data.join("elsewhere"));
    for mount_point in [false, true] {
        fs::rename(&objects, &elsewhere).expect("the same disk");
        if mount_point {
            fs::create_dir(&objects).expect("a folder");
        }
        for _ in 0..3 {
            scene.upload("lost.txt").await.refused(503, "unavailable");
        }
        scene.is_ready(&json!(["objects"])).await;
        assert_eq!(scene.send(100).await.status, 201, "text messages go on");
        if mount_point {
            assert_eq!(fs::read_dir(&objects).expect("a folder").count(), 0, "nothing was put there");
            fs::remove_dir(&objects).expect("it is empty");
        } else {
            assert!(!objects.exists(), "it was not made again");
        }
        fs::rename(&elsewhere, &objects).expect("the same disk");
        scene.is_ready(&json!([])).await;
        scene.upload("after.txt").await.expect(201);
        assert_eq!(scene.aziz.get(kept).await.status, 200);
    }
    scene.keeps_what_it_acknowledged().await;
}
