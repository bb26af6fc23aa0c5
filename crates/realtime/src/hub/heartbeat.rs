use std::sync::Arc;

use super::Node;
use crate::close::CloseCode;

/// Once in a heartbeat: renews the leases of this node's sockets, and looks for accounts that are no longer active (where the directory is the platform's,
/// nothing else tells).
pub(super) async fn run(node: Arc<Node>) {
    loop {
        tokio::time::sleep(node.timings.heartbeat).await;
        let leases = node.registry.leases();
        if leases.is_empty() {
            continue;
        }
        if let Err(error) = node.messaging.presence.renew(&leases, node.messaging.clock.now()).await {
            tracing::warn!(error = %error, sockets = leases.len(), "leases could not be renewed");
        }
        match node.messaging.directory.inactive_among(&node.registry.users()).await {
            Ok(inactive) => {
                let sockets = node.registry.read();
                for user in inactive {
                    sockets.of(user).for_each(|socket| socket.outbox.close(CloseCode::NotAuthenticated));
                }
            }
            Err(error) => tracing::warn!(error = %error, "could not ask which accounts are active"),
        }
    }
}
