//! Another service that asks the rules of Suhbat, with nothing of Suhbat but this crate: people book a talk with the admin of a community. A talk may be booked
//! by whoever may write to that admin.
//!
//! `cargo run --example booking`

use domain::{
    denial::Denial,
    facts::{OpeningFacts, Target},
    id::{ConfessionId, UserId},
    people::{Confession, Person, Role},
    policy::Policy,
    rules::opening,
    time::Timestamp,
};

/// The data of this service, in its own form.
struct Community {
    number: i64,
    title: &'static str,
    leader: i64,
    followers: &'static [i64],
}

const COMMUNITIES: [Community; 2] = [
    Community {
        number: 1,
        title: "Nur",
        leader: 10,
        followers: &[1, 2],
    },
    Community {
        number: 2,
        title: "Ziyo",
        leader: 11,
        followers: &[2],
    },
];

/// The account of a number. Leaders of communities are admins.
fn person(number: i64) -> Person {
    let leads = COMMUNITIES.iter().any(|community| community.leader == number);
    Person {
        id: UserId(number),
        username: format!("person-{number}"),
        first_name: String::new(),
        last_name: String::new(),
        role: if leads { Role::Admin } else { Role::User },
        avatar: None,
        is_active: true,
    }
}

/// The communities of which one person is the leader, and which the other follows.
fn shared(leader: i64, follower: i64) -> Vec<Confession> {
    let both = COMMUNITIES
        .iter()
        .filter(|community| community.leader == leader && community.followers.contains(&follower));
    both.map(|community| Confession {
        id: ConfessionId(community.number),
        name: community.title.to_owned(),
        slug: community.title.to_lowercase(),
        admin: Some(UserId(community.leader)),
    })
    .collect()
}

/// Whether this member may write to that admin now; if not, why.
fn may_write(member: i64, admin: i64, now: Timestamp) -> Result<(), Denial> {
    let facts = OpeningFacts {
        actor: person(member),
        targets: vec![Target {
            id: UserId(admin),
            person: Some(person(admin)),
            followed_by_actor: shared(admin, member),
            follows_of_actor: shared(member, admin),
        }],
        // The member names no community: it is the one that follows from the rules.
        named: None,
        // Conversations that exist already; this service has none.
        existing: Vec::new(),
    };
    opening::decide(&facts, &Policy::default(), now).map(drop)
}

/// A line for the page of this service.
fn answer(member: i64, admin: i64, now: Timestamp) -> String {
    match may_write(member, admin, now) {
        Ok(()) => format!("person {member} may book a talk with person {admin}"),
        // The code is for programs, the sentence for people.
        Err(denial) => format!(
            "person {member} may not book a talk with person {admin}: {} ({denial})",
            denial.code().as_str()
        ),
    }
}

fn main() {
    let now = Timestamp(0);
    for (member, admin) in [(1, 10), (1, 11), (2, 11), (1, 2), (1, 1)] {
        println!("{}", answer(member, admin, now));
    }
}

#[cfg(test)]
mod tests {
    use domain::denial::DenialCode;

    use super::*;

    #[test]
    fn the_rules_answer_from_the_data_of_this_service() {
        for (member, admin, expected) in [
            (1, 10, None),
            (2, 11, None),
            (1, 11, Some(DenialCode::NotSubscribed)),
            (1, 2, Some(DenialCode::NotAnAdmin)),
            (1, 1, Some(DenialCode::CannotMessageSelf)),
        ] {
            let code = may_write(member, admin, Timestamp(0)).err().map(|denial| denial.code());
            assert_eq!(code, expected, "{member} to {admin}");
        }
        assert!(answer(1, 11, Timestamp(0)).contains("not_subscribed"));
    }
}
