//! A server of the S3 protocol in this process, which keeps the objects of a bucket in a folder.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::SystemTime,
};

use async_trait::async_trait;
use hyper_util::{rt::TokioIo, server::conn::auto};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use s3s::{
    S3, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
        CopyObjectInput, CopyObjectOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput,
        DeleteObjectsInput, DeleteObjectsOutput, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
        ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, MultipartUpload, PutObjectInput,
        PutObjectOutput, UploadPartInput, UploadPartOutput,
    },
    host::SingleDomain,
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use storage::blobs::{S3Config, S3Keys};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

const ACCESS_KEY: &str = "the-access-key";
const SECRET_KEY: &str = "the-secret-key";
const BUCKET: &str = "files";

/// A server with one bucket, which may be stopped and started. It runs on threads of its own, and ends with the test.
pub struct S3Server {
    folder: TempDir,
    address: SocketAddr,
    service: S3Service,
    tls: Option<TlsAcceptor>,
    unfinished: Unfinished,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

/// The uploads in parts that were begun and neither completed nor aborted, by their ids: bucket, key, and when they began.
type Unfinished = Arc<Mutex<BTreeMap<String, (String, String, SystemTime)>>>;

fn lock(unfinished: &Unfinished) -> MutexGuard<'_, BTreeMap<String, (String, String, SystemTime)>> {
    unfinished.lock().unwrap_or_else(PoisonError::into_inner)
}

impl S3Server {
    /// The name under which the server takes requests with the bucket in the host (`files.s3.test`), besides those with the bucket in the path.
    pub const DOMAIN: &str = "s3.test";

    /// A new server with an empty bucket, running on a free port of this machine.
    pub fn start() -> Self {
        Self::start_with(None)
    }

    /// The same with TLS, by a certificate and its key in these files (PEM).
    pub fn start_with_certificate(certificate: &Path, key: &Path) -> Self {
        let chain = CertificateDer::pem_file_iter(certificate)
            .expect("a certificate")
            .map(|one| one.expect("a certificate"));
        let key = PrivateKeyDer::from_pem_file(key).expect("a key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of TLS")
            .with_no_client_auth()
            .with_single_cert(chain.collect(), key)
            .expect("a certificate and its key");
        Self::start_with(Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("an empty folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let unfinished = Unfinished::default();
        let files = Bucket {
            files: FileSystem::new(folder.path()).expect("a folder"),
            root: folder.path().to_owned(),
            unfinished: unfinished.clone(),
        };
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let domain = format!("{}:{}", Self::DOMAIN, address.port());
        service.set_host(SingleDomain::new(&domain).expect("a domain"));
        let mut server = Self {
            folder,
            address,
            service: service.build(),
            tls,
            unfinished,
            running: None,
        };
        server.run(listener);
        server
    }

    /// Ends it on the spot, with all its connections.
    pub fn stop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            thread.join().expect("a server that does not panic");
        }
    }

    /// Starts it again with what it held.
    pub fn resume(&mut self) {
        let listener = TcpListener::bind(self.address).expect("the port of the server is free");
        self.run(listener);
    }

    fn run(&mut self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel::<()>();
        let (service, tls) = (self.service.clone(), self.tls.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, service, tls) => {}
                    _ = stopped => {}
                }
            });
        });
        self.running = Some((stop, thread));
    }

    /// The URL of the server.
    pub fn endpoint(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder with the objects of the bucket.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }

    /// The keys of the uploads in parts that are neither completed nor aborted.
    pub fn unfinished(&self) -> Vec<String> {
        lock(&self.unfinished).values().map(|(_, key, _)| key.clone()).collect()
    }

    /// For the adapter: the bucket below this prefix, which may be empty.
    pub fn config(&self, prefix: &str) -> S3Config {
        S3Config {
            bucket: BUCKET.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: Some(self.endpoint()),
            region: None,
            addressing: None,
            keys: Some(S3Keys {
                access_key: ACCESS_KEY.to_owned(),
                secret_key: SECRET_KEY.to_owned(),
            }),
            environment: Vec::new(),
            authority: None,
            redirects: false,
        }
    }

    /// For the service: the settings that name the bucket below this prefix.
    pub fn settings(&self, prefix: &str) -> Vec<(&'static str, String)> {
        vec![
            ("objects.url", format!("s3://{BUCKET}/{prefix}")),
            ("objects.endpoint", self.endpoint()),
            ("objects.access_key", ACCESS_KEY.to_owned()),
            ("objects.secret_key", SECRET_KEY.to_owned()),
        ]
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some((stop, _)) = self.running.take() {
            drop(stop);
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service, tls: Option<TlsAcceptor>) {
    listener.set_nonblocking(true).expect("a socket");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
    loop {
        let (connection, _) = listener.accept().await.expect("a connection");
        let (service, tls) = (service.clone(), tls.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(hyper_util::rt::TokioExecutor::new());
            // The client may leave at any time, or refuse the certificate.
            match tls {
                Some(tls) => {
                    if let Ok(connection) = tls.accept(connection).await {
                        let _ = server.serve_connection(TokioIo::new(connection), service).await;
                    }
                }
                None => {
                    let _ = server.serve_connection(TokioIo::new(connection), service).await;
                }
            }
        });
    }
}

/// The file system of `s3s-fs`, with the list of unfinished uploads that it lacks. In it, a key that is the folder of others is no object, as on a real server.
struct Bucket {
    files: FileSystem,
    root: PathBuf,
    unfinished: Unfinished,
}

impl Bucket {
    fn check(&self, bucket: &str, key: &str) -> S3Result<()> {
        let folder = self.root.join(bucket);
        if !folder.is_dir() {
            return Err(s3_error!(NoSuchBucket));
        }
        if folder.join(key).is_file() {
            Ok(())
        } else {
            Err(s3_error!(NoSuchKey))
        }
    }

    fn check_bucket(&self, bucket: &str) -> S3Result<()> {
        if self.root.join(bucket).is_dir() {
            Ok(())
        } else {
            Err(s3_error!(NoSuchBucket))
        }
    }
}

#[async_trait]
impl S3 for Bucket {
    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.check(&request.input.bucket, &request.input.key)?;
        self.files.get_object(request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.check(&request.input.bucket, &request.input.key)?;
        self.files.head_object(request).await
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.check_bucket(&request.input.bucket)?;
        self.files.put_object(request).await
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        self.check_bucket(&request.input.bucket)?;
        self.files.copy_object(request).await
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.files.delete_object(request).await
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.files.delete_objects(request).await
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.files.list_objects_v2(request).await
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        self.check_bucket(&bucket)?;
        let began = SystemTime::UNIX_EPOCH + SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970");
        let response = self.files.create_multipart_upload(request).await?;
        if let Some(id) = &response.output.upload_id {
            lock(&self.unfinished).insert(id.clone(), (bucket, key, began));
        }
        Ok(response)
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.files.upload_part(request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let id = request.input.upload_id.clone();
        let response = self.files.complete_multipart_upload(request).await?;
        lock(&self.unfinished).remove(&id);
        Ok(response)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let id = request.input.upload_id.clone();
        let response = self.files.abort_multipart_upload(request).await?;
        lock(&self.unfinished).remove(&id);
        Ok(response)
    }

    /// One upload a page, so that clients have to ask for the next ones.
    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        self.check_bucket(&input.bucket)?;
        let after = input.key_marker.zip(input.upload_id_marker);
        let mut all: Vec<(String, String, SystemTime)> = lock(&self.unfinished)
            .iter()
            .filter(|(_, (bucket, key, _))| *bucket == input.bucket && key.starts_with(input.prefix.as_deref().unwrap_or_default()))
            .map(|(id, (_, key, began))| (key.clone(), id.clone(), *began))
            .filter(|(key, id, _)| after.as_ref().is_none_or(|(last_key, last_id)| (key, id) > (last_key, last_id)))
            .collect();
        all.sort();
        let is_truncated = all.len() > 1;
        all.truncate(1);
        let last = all.last().cloned();
        let uploads = all.into_iter().map(|(key, id, began)| MultipartUpload {
            key: Some(key),
            upload_id: Some(id),
            initiated: Some(began.into()),
            ..MultipartUpload::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            uploads: Some(uploads.collect()),
            is_truncated: Some(is_truncated),
            next_key_marker: last.as_ref().map(|(key, ..)| key.clone()),
            next_upload_id_marker: last.map(|(_, id, _)| id),
            ..ListMultipartUploadsOutput::default()
        }))
    }
}
