use domain::testing::builders;
use serde_json::{Value, json};

/// The standard community as a directory document, which every test's service is fed with.
pub fn community() -> Value {
    let document = builders::community();
    json!({
        "users": document.users.iter().map(|person| json!({
            "id": person.id.0,
            "username": person.username,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "role": person.role.as_str(),
            "avatar": person.avatar,
            "is_active": person.is_active,
        })).collect::<Vec<_>>(),
        "confessions": document.confessions.iter().map(|confession| json!({
            "id": confession.id.0,
            "name": confession.name,
            "slug": confession.slug,
            "admin_id": confession.admin.map(|admin| admin.0),
        })).collect::<Vec<_>>(),
        "subscriptions": document.subscriptions.iter().map(|subscription| json!({
            "user_id": subscription.user.0,
            "confession_id": subscription.confession.0,
        })).collect::<Vec<_>>(),
    })
}
