//! Objects in a bucket: the adapter, and the service on it, with a server of the S3 protocol.

mod adapter;
mod copying;
mod failures;
mod service;

/// The suite of the port. The server's times have milliseconds.
mod conformance {
    use async_trait::async_trait;
    use domain::{
        identity::StoreId,
        ports::Blobs,
        testing::{builders::store_id, conformance::blobs::BlobsFixture},
        time::Timestamp,
    };
    use storage::blobs::Objects;
    use suhbat_tests::S3Server;

    use crate::adapter::{begin_and_forget, now};

    struct Fixture {
        server: S3Server,
        objects: Objects,
    }

    const MILLISECOND: i64 = 1000;

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
            let start = now().0 / MILLISECOND;
            loop {
                let later = now().0 / MILLISECOND;
                if later > start {
                    return Timestamp(later * MILLISECOND);
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
