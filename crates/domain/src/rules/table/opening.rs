use super::{
    actors::{ACTOR, Actor, OTHER, OUTSIDER},
    combinations::{Case, axis, combination},
};
use crate::{
    denial::Denial,
    facts::{NamedConfession, OpeningFacts, Target},
    id::{ConfessionId, ConversationId, UserId},
    people::{Confession, ContactScope, Person, Role},
    policy::{AdminOutreach, Policy},
    rules::opening::{self as rules, Opening as Decision},
    testing::builders::{at, confession, person},
};

/// The confession that the request names.
pub(super) const NAMED: ConfessionId = ConfessionId(1);
/// The first confession that the first target administers and the actor follows.
pub(super) const FOLLOWED: ConfessionId = ConfessionId(11);
/// The first confession that the actor administers and the first target follows.
pub(super) const ADMINISTERED: ConfessionId = ConfessionId(21);

axis! {
    /// The people that the request names.
    Whom {
        Itself = "themselves",
        Unknown = "nobody known",
        InactiveMember = "an inactive user",
        InactiveAdmin = "an inactive admin",
        Member = "a user",
        Admin = "an admin",
        Superadmin = "a superadmin",
        Staff = "an admin and a superadmin",
        StaffAndItself = "an admin and themselves",
        StaffAndUnknown = "an admin and nobody known",
        StaffAndInactive = "an admin and an inactive user",
        StaffAndMember = "an admin and a user",
        FullHouse = "49 admins",
        TooMany = "50 admins",
    }
}

impl Whom {
    fn targets(self) -> Vec<(UserId, Option<Person>)> {
        let someone = |id: i64, role| (UserId(id), Some(person(id, "target", role)));
        let inactive = |id: i64, role| {
            (
                UserId(id),
                Some(Person {
                    is_active: false,
                    ..person(id, "target", role)
                }),
            )
        };
        let admin = someone(OTHER.0, Role::Admin);
        match self {
            Self::Itself => vec![someone(ACTOR.0, Role::User)],
            Self::Unknown => vec![(OTHER, None)],
            Self::InactiveMember => vec![inactive(OTHER.0, Role::User)],
            Self::InactiveAdmin => vec![inactive(OTHER.0, Role::Admin)],
            Self::Member => vec![someone(OTHER.0, Role::User)],
            Self::Admin => vec![admin],
            Self::Superadmin => vec![someone(OTHER.0, Role::Superadmin)],
            Self::Staff => vec![admin, someone(50, Role::Superadmin)],
            Self::StaffAndItself => vec![admin, someone(ACTOR.0, Role::User)],
            Self::StaffAndUnknown => vec![admin, (UserId(50), None)],
            Self::StaffAndInactive => vec![admin, inactive(50, Role::User)],
            Self::StaffAndMember => vec![admin, someone(50, Role::User)],
            Self::FullHouse => (101..150).map(|id| someone(id, Role::Admin)).collect(),
            Self::TooMany => (101..151).map(|id| someone(id, Role::Admin)).collect(),
        }
    }
}

axis! {
    /// Whether a confession is named.
    Named { No = "none", Unknown = "an unknown one", Known = "one" }
}

axis! {
    /// Whether the actor follows the named confession.
    Follows { Yes = "yes", No = "no", Nothing = "–" }
}

axis! {
    /// The admin of the named confession.
    ItsAdmin { Target = "the target", Actor = "the actor", Outsider = "somebody else", Nobody = "nobody", Nothing = "–" }
}

axis! {
    /// The number of confessions of a kind.
    Number { None = "0", One = "1", Two = "2" }
}

impl Number {
    fn confessions(self, first: ConfessionId, admin: UserId) -> Vec<Confession> {
        let one = |id: i64| confession(id, "shared", Some(admin));
        match self {
            Self::None => Vec::new(),
            Self::One => vec![one(first.0)],
            Self::Two => vec![one(first.0), one(first.0 + 1)],
        }
    }
}

axis! {
    /// Whether these people have a conversation already.
    Existing { No = "no", Other = "in another confession", Same = "yes" }
}

axis! {
    /// The setting `policy.admin_outreach`, as the configuration writes it.
    Outreach { Anyone = "anyone", OwnSubscribers = "own_subscribers", ReplyOnly = "reply_only" }
}

impl Outreach {
    pub(super) fn policy(self) -> Policy {
        let admin_outreach = match self {
            Self::Anyone => AdminOutreach::Anyone,
            Self::OwnSubscribers => AdminOutreach::OwnSubscribers,
            Self::ReplyOnly => AdminOutreach::ReplyOnly,
        };
        Policy {
            admin_outreach,
            ..Policy::default()
        }
    }
}

combination! {
    Opening {
        actor: Actor,
        whom: Whom,
        named: Named,
        follows: Follows,
        its_admin: ItsAdmin,
        followed: Number,
        administered: Number,
        existing: Existing,
        outreach: Outreach,
    }
}

impl Opening {
    pub(super) fn facts(self) -> OpeningFacts {
        let targets: Vec<_> = self.whom.targets();
        let first = targets.first().map_or(OTHER, |(id, _)| *id);
        let admin = match self.its_admin {
            ItsAdmin::Target => Some(first),
            ItsAdmin::Actor => Some(ACTOR),
            ItsAdmin::Outsider => Some(OUTSIDER),
            ItsAdmin::Nobody | ItsAdmin::Nothing => None,
        };
        let known = (self.named == Named::Known).then(|| confession(NAMED.0, "named", admin));
        let existing: &[Option<i64>] = match self.existing {
            Existing::No => &[],
            Existing::Other => &[Some(99)],
            Existing::Same => &[Some(99), None, Some(NAMED.0), Some(FOLLOWED.0), Some(ADMINISTERED.0)],
        };
        OpeningFacts {
            actor: self.actor.person(),
            targets: targets
                .into_iter()
                .map(|(id, person)| Target {
                    id,
                    person,
                    followed_by_actor: self.followed.confessions(FOLLOWED, id),
                    follows_of_actor: self.administered.confessions(ADMINISTERED, ACTOR),
                })
                .collect(),
            named: (self.named != Named::No).then(|| NamedConfession {
                id: NAMED,
                confession: known,
                actor_follows: self.follows == Follows::Yes,
            }),
            existing: existing
                .iter()
                .map(|of| (ConversationId(of.unwrap_or(0)), of.map(ConfessionId)))
                .collect(),
        }
    }

    pub(super) fn decide(self) -> Result<Decision, Denial> {
        rules::decide(&self.facts(), &self.outreach.policy(), at(0))
    }
}

impl Case for Opening {
    const TITLE: &'static str = "Opening a conversation (R1 to R5, R13)";
    const INTRO: &'static str = "A member writes to the admin of a confession that they follow; staff to staff; admins to members as `policy.admin_outreach` \
        lets them, and in the name of no confession but their own; superadmins to anyone. An existing conversation is returned before these rules apply; a member who names no confession, and whom they would refuse, gets \
        the conversation with this admin that was active last.";
    const HEADS: &'static [&'static str] = &[
        "actor",
        "names",
        "confession named",
        "actor follows it",
        "its admin",
        "target's confessions that the actor follows",
        "actor's confessions that the target follows",
        "exists",
        "admin_outreach",
    ];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn makes_sense(self) -> bool {
        let follows_something = self.follows != Follows::Nothing;
        let has_admin_or_not = self.its_admin != ItsAdmin::Nothing;
        follows_something == (self.named == Named::Known) && has_admin_or_not == (self.named == Named::Known)
    }

    fn cells(self) -> Vec<&'static str> {
        vec![
            self.actor.label(),
            self.whom.label(),
            self.named.label(),
            self.follows.label(),
            self.its_admin.label(),
            self.followed.label(),
            self.administered.label(),
            self.existing.label(),
            self.outreach.label(),
        ]
    }

    fn outcome(self) -> String {
        match self.decide() {
            Ok(Decision::Existing(_)) => "**the existing one**".to_owned(),
            Ok(Decision::New(new)) => match new.confession {
                None => "**opened**, in no confession".to_owned(),
                Some(NAMED) => "**opened**, in the one named".to_owned(),
                Some(_) => "**opened**, in the one shared".to_owned(),
            },
            Err(denial) => format!("`{}`", denial.code()),
        }
    }
}

combination! {
    /// The contacts of an actor, by role and setting.
    Contacts { actor: Actor, outreach: Outreach }
}

impl Case for Contacts {
    const TITLE: &'static str = "Contacts (R1 to R4)";
    const INTRO: &'static str = "The people whom `GET contacts/` lists, by the same rules.";
    const HEADS: &'static [&'static str] = &["viewer", "admin_outreach"];

    fn all() -> Vec<Self> {
        Self::every()
    }

    fn cells(self) -> Vec<&'static str> {
        vec![self.actor.label(), self.outreach.label()]
    }

    fn outcome(self) -> String {
        let whom = match rules::contacts(self.actor.role(), &self.outreach.policy()) {
            ContactScope::FollowedAdmins => "the admins of the confessions followed",
            ContactScope::Staff => "admins and superadmins",
            ContactScope::StaffAndOwnSubscribers => "admins, superadmins and followers of the viewer's confessions",
            ContactScope::Everyone => "everyone",
            ContactScope::OwnSubscribers => "followers of the viewer's confessions",
            ContactScope::EveryoneElse => "everyone but followers of the viewer's confessions",
        };
        whom.to_owned()
    }
}
