//! Objects in a bucket: the adapter, and the service on it, with a server of the S3 protocol.

mod adapter;
mod copying;
mod failures;
mod service;

/// The suite of the port.
mod conformance {
    use std::time::SystemTime;

    use async_trait::async_trait;
    use domain::{
        identity::StoreId,
        ports::Blobs,
        testing::{builders::store_id, conformance::blobs::BlobsFixture},
        time::Timestamp,
    };
    use storage::blobs::Objects;
    use suhbat_tests::S3Server;

    use crate::adapter::begin_and_forget;

    struct Fixture {
        server: S3Server,
        objects: Objects,
    }

    /// The server's time in milliseconds: that of a file made now, which lags behind the clock by up to a tick of the kernel (10 ms).
    fn server_millis() -> i64 {
        let probe = tempfile::NamedTempFile::new().expect("a file");
        let written = probe.as_file().metadata().and_then(|metadata| metadata.modified()).expect("a time");
        let passed = written.duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970");
        i64::try_from(passed.as_millis()).expect("a time of this era")
    }

    #[async_trait]
    impl BlobsFixture for Fixture {
        fn blobs(&self) -> &dyn Blobs {
            &self.objects
        }

        fn opened_for(&self, database: StoreId) -> Box<dyn Blobs> {
            Box::new(self.objects.opened_for(database))
        }

        fn unclaimed(&self) -> Box<dyn Blobs> {
            Box::new(Objects::bucket(&self.server.config("unclaimed"), store_id()).expect("a configuration"))
        }

        async fn between(&self) -> Timestamp {
            let start = server_millis();
            loop {
                let later = server_millis();
                if later > start {
                    return Timestamp(later * 1000);
                }
                tokio::task::yield_now().await;
            }
        }

        async fn crash_midway(&self, key: &str) {
            begin_and_forget(&self.server, "chat", key).await;
        }
    }

    async fn fresh() -> (Fixture, ()) {
        let server = S3Server::start();
        let objects = Objects::bucket(&server.config("chat"), store_id()).expect("a configuration");
        objects.claim().await.expect("a server that answers");
        (Fixture { server, objects }, ())
    }

    mod bucket {
        domain::blobs_conformance!(crate::conformance::fresh);
    }
}
