//! The closed vocabularies of the action model (design: action model).
//!
//! Every word here is also an enumerated entity of the Cedar schema, so that a typo in a policy is
//! a validation error. This file depends on nothing, because the build script reads it as well.

/// Defines a closed vocabulary: an enum whose variants have one canonical spelling each.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $about:literal])+ $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $about])+ $variant),+ }

        impl $name {
            /// Every word, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The canonical spelling, as used in JSON and in the Cedar schema.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// What the word means, in one sentence or two.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($about),+).trim_ascii()),+ }
            }

            /// The word with this spelling, if there is one. Spelling is exact.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// The variant's Rust name, used by the build script when it prints catalogue tables.
            #[must_use]
            pub const fn variant_name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

vocabulary! {
    /// What kind of act an action is; the Cedar action.
    Verb {
        /// Looks at content; changes nothing.
        Read = "read",
        /// Looks at names, states and plans; changes nothing.
        List = "list",
        /// Makes something new and leaves what exists alone.
        Create = "create",
        /// Changes something that exists.
        Update = "update",
        /// Removes something.
        Delete = "delete",
        /// Runs code or a program whose act is not known more closely.
        Execute = "execute",
        /// Brings a version of a service into operation, or stops one.
        Deploy = "deploy",
        /// Widens access rights.
        Grant = "grant",
        /// Narrows access rights or withdraws credentials.
        Revoke = "revoke",
        /// Sends a message to people.
        Send = "send",
        /// Spends money or commits to it.
        Spend = "spend",
        /// Makes an artefact public.
        Publish = "publish",
        /// Not known: could be any of the others.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Groups of verbs; each verb is in exactly one.
    VerbGroup {
        /// Changes nothing.
        Observe = "observe",
        /// Makes or changes.
        Change = "change",
        /// Removes.
        Destroy = "destroy",
        /// Acts on what others may do, see, run or pay; and everything not known.
        Control = "control",
    }
}

impl Verb {
    /// The group this verb belongs to.
    #[must_use]
    pub const fn group(self) -> VerbGroup {
        match self {
            Self::Read | Self::List => VerbGroup::Observe,
            Self::Create | Self::Update => VerbGroup::Change,
            Self::Delete => VerbGroup::Destroy,
            Self::Execute
            | Self::Deploy
            | Self::Grant
            | Self::Revoke
            | Self::Send
            | Self::Spend
            | Self::Publish
            | Self::Unknown => VerbGroup::Control,
        }
    }
}

vocabulary! {
    /// The type of the resource an action acts on; a Cedar entity type of the same name.
    ResourceType {
        /// A file.
        File = "File",
        /// A directory with what it holds.
        Directory = "Directory",
        /// A version-controlled repository.
        Repository = "Repository",
        /// A branch or tag of a repository.
        Branch = "Branch",
        /// A database or schema.
        Database = "Database",
        /// A table, view, index or collection.
        Table = "Table",
        /// A block or file volume that holds data.
        Volume = "Volume",
        /// A backup, snapshot, backup schedule or recovery point.
        Backup = "Backup",
        /// An object-storage bucket.
        Bucket = "Bucket",
        /// An object in a bucket.
        Object = "Object",
        /// A secret, credential, key, token or a file that holds one.
        Secret = "Secret",
        /// A running service, function, application or its settings.
        Service = "Service",
        /// One deployed version of a service.
        Deployment = "Deployment",
        /// A cluster of machines.
        Cluster = "Cluster",
        /// A project, environment, namespace, stack or workspace: a container of other resources.
        Namespace = "Namespace",
        /// A network host, domain, proxy or endpoint.
        Host = "Host",
        /// A queue, topic or stream.
        Queue = "Queue",
        /// A person, team, role, membership or access policy.
        Identity = "Identity",
        /// A package, image or release.
        Package = "Package",
        /// A message, mail, comment or post to people.
        Message = "Message",
        /// A process or program run on this machine.
        Process = "Process",
        /// checkrein itself and the settings that keep it in force.
        Guard = "Guard",
        /// Not known.
        Unknown = "Unknown",
    }
}

vocabulary! {
    /// How dangerous an environment is. Ordered: later is more dangerous.
    EnvironmentClass {
        /// The developer's own machine.
        Local = "local",
        /// Shared, disposable.
        Development = "development",
        /// Shared, resembles production.
        Staging = "staging",
        /// No evidence.
        Unknown = "unknown",
        /// Serves real users or holds their data.
        Production = "production",
    }
}

vocabulary! {
    /// What it takes to undo an action, worst case over what is known. Ordered: later is worse.
    Reversibility {
        /// No state changes.
        None = "none",
        /// The same principal undoes it with one call and nothing is lost.
        Reversible = "reversible",
        /// An independent mechanism known to be on undoes it.
        Recoverable = "recoverable",
        /// Rebuild or restore, with possible loss or downtime.
        Effortful = "effortful",
        /// No recovery path can be shown; also everything that cannot be known.
        Irreversible = "irreversible",
    }
}

vocabulary! {
    /// Cross-cutting facts about an action.
    Effect {
        /// Removes a means of undoing other acts: backups, snapshots, retention, logs, keys.
        DestroysRecovery = "destroys_recovery",
        /// Sends bytes off this machine.
        Egress = "egress",
        /// Reads a secret.
        SecretRead = "secret_read",
        /// Sends a secret or private file to a host the operator has not declared.
        Exfiltration = "exfiltration",
        /// Makes a new credential.
        CredentialMint = "credential_mint",
        /// Runs code that was fetched or is not visible in the call.
        RemoteCode = "remote_code",
        /// Runs code written in the call itself.
        InlineCode = "inline_code",
        /// Runs with raised rights.
        Privilege = "privilege",
        /// Makes code run later or at every start.
        Persistence = "persistence",
        /// Opens a session whose further input the guard does not see.
        InteractiveShell = "interactive_shell",
        /// Acts on many resources at once.
        Mass = "mass",
    }
}

vocabulary! {
    /// How well the guard understood an action. Ordered: later is less.
    Completeness {
        /// Everything that matters is known.
        Exact = "exact",
        /// Something is dynamic or unseen; the bounds are known.
        Partial = "partial",
        /// Could be anything.
        Opaque = "opaque",
    }
}

vocabulary! {
    /// Where a file-like resource lies, seen from the workspace.
    Location {
        /// In the workspace.
        Workspace = "workspace",
        /// In the workspace and rebuildable: build outputs, dependencies, caches.
        Derived = "derived",
        /// In the workspace, and so wide or central that losing it loses the work.
        Sources = "sources",
        /// In a directory for temporary files.
        Temporary = "temporary",
        /// Elsewhere on the developer's disk.
        Outside = "outside",
        /// The operating system's own files and devices, or a root of the disk.
        System = "system",
        /// Not a file of this machine.
        Remote = "remote",
        /// A path that is not known.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Where the credential of an action comes from.
    CredentialSource {
        /// Written in the call.
        Literal = "literal",
        /// Read from a file within the call.
        File = "file",
        /// An environment variable the tool runs with.
        Environment = "environment",
        /// A stored login of the program used.
        Profile = "profile",
        /// Computed within the call in a way that is not known.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// The answer for an action or a call. Ordered: later is stricter.
    Verdict {
        /// May proceed.
        Allow = "allow",
        /// May proceed once an approver has approved exactly this call.
        NeedsApproval = "needs_approval",
        /// Must not proceed.
        Deny = "deny",
    }
}

vocabulary! {
    /// What kind of evidence places a resource in an environment: the keys of `[environment.match]`.
    SelectorKind {
        /// Host name of a URL, database or SSH target.
        Host = "host",
        /// AWS account id.
        AwsAccount = "aws_account",
        /// AWS named profile.
        AwsProfile = "aws_profile",
        /// Kubernetes context.
        KubeContext = "kube_context",
        /// Google Cloud project.
        GcpProject = "gcp_project",
        /// Azure subscription.
        AzureSubscription = "azure_subscription",
        /// Terraform workspace.
        TerraformWorkspace = "terraform_workspace",
        /// Database connection URL, without user and password.
        DatabaseUrl = "database_url",
        /// Railway environment id or name.
        RailwayEnvironment = "railway_environment",
        /// Railway project id or name.
        RailwayProject = "railway_project",
        /// Git branch name.
        GitBranch = "git_branch",
        /// Absolute path on this machine.
        Path = "path",
        /// Id of a resource.
        ResourceId = "resource_id",
    }
}
