//! The table of all faults: name, identifier, clause, and the rule that the fault breaks.

use core::{fmt, str::FromStr};

/// Declares the faults once; the enumeration and everything that is told of a fault come from this.
macro_rules! faults {
    ($($fault:ident, $name:literal, $clause:literal, $rule:literal;)*) => {
        /// A fault that can be planted. Its documentation is the rule that it breaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Fault {
            $(#[doc = concat!($rule, " [", $clause, "].")] $fault,)*
        }

        impl Fault {
            /// All faults, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$fault),*];

            /// The stable identifier, e.g. `partial-name-not-found`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$fault => $name,)* }
            }

            /// The clause with the rule, e.g. `GPCS 2.3.1 §11.9`.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$fault => $clause,)* }
            }

            /// The rule that the card breaks with this fault, without the final stop.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$fault => $rule,)* }
            }
        }
    };
}

faults! {
    // --- classes, instructions, selection ---
    UnknownClassObeyed, "unknown-class-obeyed", "GPCS 2.3.1 §11.1.4",
        "A class byte that no command has is refused with 6E00";
    UnknownInstructionWrongStatus, "unknown-instruction-wrong-status", "GPCS 2.3.1 §11.1.3",
        "An instruction that a security domain does not know is refused with 6D00";
    PartialNameNotFound, "partial-name-not-found", "GPCS 2.3.1 §6.4.2.1.2",
        "SELECT with the beginning of an AID finds an application whose AID begins so";
    NextOccurrenceRestarts, "next-occurrence-restarts", "GPCS 2.3.1 §6.4.2.1.2",
        "SELECT of the next occurrence goes on behind the application that is selected";
    FailedSelectDeselects, "failed-select-deselects", "GPCS 2.3.1 §6.4.2.1.2",
        "After SELECT of a name that nothing has, what was selected stays selected";
    SelectKeepsSession, "select-keeps-session", "GPCS 2.3.1 §10.2.3",
        "SELECT ends the secure channel session of its logical channel, also when it selects the same domain again";
    LockedApplicationSelected, "locked-application-selected", "GPCS 2.3.1 §6.4.2.1.2",
        "A locked application cannot be selected";
    InstalledApplicationSelected, "installed-application-selected", "GPCS 2.3.1 §6.4.2.1.2",
        "An application in the state INSTALLED cannot be selected";
    SelectWithSecureMessaging, "select-with-secure-messaging", "GPCS 2.3.1 §11.9.3.2",
        "SELECT with a class for secure messaging is refused";
    FciWithoutBlockLength, "fci-without-block-length", "GPCS 2.3.1 §11.9.3.1",
        "The file control information of a security domain tells the longest data field";
    CardResetPrivilegeIgnored, "card-reset-privilege-ignored", "GPCS 2.3.1 §6.4.1",
        "The application with the Card Reset privilege is selected after a reset";

    // --- logical channels ---
    ClosedChannelAnswers, "closed-channel-answers", "GPCS 2.3.1 §11.1.3",
        "A command on a logical channel that is not open is refused with 6881";
    BasicChannelCloses, "basic-channel-closes", "GPCS 2.3.1 §11.7.2.2",
        "The basic logical channel cannot be closed";
    ClosedChannelClosesSilently, "closed-channel-closes-silently", "GPCS 2.3.1 §11.7.3.2",
        "Closing a channel that is closed already is answered with the warning 6200";
    ChannelCloseWithoutEffect, "channel-close-without-effect", "GPCS 2.3.1 §11.7.1",
        "A logical channel that was closed answers no more";
    ChannelExhaustionWrongStatus, "channel-exhaustion-wrong-status", "GPCS 2.3.1 §11.7.3.2",
        "Where no logical channel is left MANAGE CHANNEL is answered with 6A81";
    ResetKeepsChannels, "reset-keeps-channels", "GPCS 2.3.1 §6.4.3",
        "A reset closes all logical channels but the basic one";
    NewChannelSelectsNothing, "new-channel-selects-nothing", "GPCS 2.3.1 §6.4.2.2",
        "On a new logical channel the default application is selected";
    SessionOnAnyChannel, "session-on-any-channel", "GPCS 2.3.1 §7.3.1",
        "A secure channel session belongs to the logical channel on which it was opened";

    // --- GET DATA ---
    UnknownTagWrongStatus, "unknown-tag-wrong-status", "GPCS 2.3.1 §11.3.3.2",
        "GET DATA for an object that is not there is refused with 6A88";
    CardDataWrongOption, "card-data-wrong-option", "GPCS 2.3.1 §H.2",
        "Card recognition data tell the options of the secure channel protocols that the domain speaks";
    CapabilityWithoutChannels, "capability-without-channels", "GPCS 2.3.1 §H.4",
        "Card capability information tells the secure channel protocols";
    KeyInformationWrongLength, "key-information-wrong-length", "GPCS 2.3.1 §11.3.3.1.1",
        "Key information tells the length of each key";
    CounterToldWrong, "counter-told-wrong", "GPCS 2.3.1 §11.3.2.1",
        "The sequence counter of GET DATA is the one that the next session goes out from";
    LevelNotTold, "level-not-told", "GPCS 2.3.1 §10.6",
        "The security level of GET DATA is the one that is in force";
    StoredObjectNotKept, "stored-object-not-kept", "GPCS 2.3.1 §11.11.2.3",
        "A data object that STORE DATA brought is what GET DATA tells from then on";
    SecureMessagingWithoutSession, "secure-messaging-without-session", "GPCS 2.3.1 §10.2.3",
        "A command with secure messaging is refused while no session is open";

    // --- GET STATUS ---
    GetStatusWithoutAuthentication, "get-status-without-authentication", "GPCS 2.3.1 §11.1.2",
        "GET STATUS is refused with 6982 where nobody is authenticated";
    GetStatusTruncates, "get-status-truncates", "GPCS 2.3.1 §11.4.3.2",
        "An answer of GET STATUS that goes on ends with 6310";
    GetStatusRepeats, "get-status-repeats", "GPCS 2.3.1 §11.4.2.2",
        "GET STATUS for the next occurrence tells no entry twice";
    GetStatusNextWithoutFirst, "get-status-next-without-first", "GPCS 2.3.1 §11.4.2.2",
        "GET STATUS for the next occurrence is refused where none for the first came before";
    GetStatusIgnoresCriterion, "get-status-ignores-criterion", "GPCS 2.3.1 §11.4.2.3",
        "GET STATUS tells only entries whose AID begins as the search criterion";
    GetStatusWithoutCriterion, "get-status-without-criterion", "GPCS 2.3.1 §11.4.2.3",
        "GET STATUS without the search criterion 4F is refused with 6A80";
    GetStatusListLosesName, "get-status-list-loses-name", "GPCS 2.3.1 §11.4.2.3",
        "GET STATUS with a tag list tells the objects that the list asks for";
    GetStatusBeyondHierarchy, "get-status-beyond-hierarchy", "GPCS 2.3.1 §11.4.2.3",
        "GET STATUS of a domain without Global Registry tells only what stands under it";
    EntryWithoutPrivileges, "entry-without-privileges", "GPCS 2.3.1 §11.4.3.1",
        "GET STATUS tells the privileges of applications";
    EntryHidesLock, "entry-hides-lock", "GPCS 2.3.1 §11.4.3.1",
        "GET STATUS tells that an application is locked";
    LoadFileVersionSwapped, "load-file-version-swapped", "GPCS 2.3.1 §11.4.3.1",
        "GET STATUS tells the version of a load file, major before minor";

    // --- opening a secure channel ---
    UnknownKeyVersionFallsBack, "unknown-key-version-falls-back", "GPCS 2.3.1 §E.5.1.8",
        "INITIALIZE UPDATE for a key version that is not there is refused with 6A88";
    HostChallengeLengthNotChecked, "host-challenge-length-not-checked", "GPCS 2.3.1 §E.5.1.5",
        "INITIALIZE UPDATE with a host challenge of the wrong length is refused with 6700";
    FailedInitializeUpdateKeepsSession, "failed-initialize-update-keeps-session", "GPCS 2.3.1 §E.5.1.1",
        "INITIALIZE UPDATE ends the session that was open, also when it fails";
    CardChallengeConstant, "card-challenge-constant", "GPCS 2.3.1 §D.3.1",
        "A card challenge that is not derived from a counter is random";
    CardChallengeWithoutAid, "card-challenge-without-aid", "AmdD 1.1.1 §6.2.2.1",
        "A pseudo-random card challenge is derived from the AID of the application that is selected";
    Scp02CounterNotCounted, "scp02-counter-not-counted", "GPCS 2.3.1 §E.1.2.1",
        "Under SCP02 a session that was opened counts the sequence counter up";
    Scp02CounterCountsUpdates, "scp02-counter-counts-updates", "GPCS 2.3.1 §E.1.2.1",
        "Under SCP02 INITIALIZE UPDATE alone leaves the sequence counter as it is";
    Scp02CounterCountsFailures, "scp02-counter-counts-failures", "GPCS 2.3.1 §E.1.2.1",
        "Under SCP02 an EXTERNAL AUTHENTICATE with a wrong C-MAC leaves the sequence counter as it is";
    Scp03CounterNotCounted, "scp03-counter-not-counted", "AmdD 1.1.1 §6.2.2.1",
        "Under SCP03 with pseudo-random challenges each INITIALIZE UPDATE counts the sequence counter up";
    AuthenticateWithoutUpdate, "authenticate-without-update", "GPCS 2.3.1 §E.5.2.1",
        "EXTERNAL AUTHENTICATE is refused where no INITIALIZE UPDATE came before";
    AuthenticateAfterOtherCommand, "authenticate-after-other-command", "GPCS 2.3.1 §E.5.2.1",
        "EXTERNAL AUTHENTICATE follows INITIALIZE UPDATE at once: any other command in between ends the handshake";
    HostCryptogramNotChecked, "host-cryptogram-not-checked", "GPCS 2.3.1 §E.5.2.8",
        "EXTERNAL AUTHENTICATE with a wrong host cryptogram is refused";
    AuthenticateMacNotChecked, "authenticate-mac-not-checked", "GPCS 2.3.1 §E.4.4",
        "EXTERNAL AUTHENTICATE with a wrong C-MAC is refused";
    IllegalLevelAccepted, "illegal-level-accepted", "GPCS 2.3.1 §E.5.2.3",
        "EXTERNAL AUTHENTICATE with a security level that is not offered is refused with 6A86";
    SessionSurvivesReset, "session-survives-reset", "GPCS 2.3.1 §10.2.3",
        "A reset ends every secure channel session, and every handshake";

    // --- commands and responses in a secure channel ---
    CommandMacNotChecked, "command-mac-not-checked", "GPCS 2.3.1 §E.4.4",
        "A command with a wrong C-MAC is refused with 6982";
    CommandReplayed, "command-replayed", "GPCS 2.3.1 §E.4.4",
        "A command that is sent again with the same C-MAC is refused: each C-MAC goes into the next";
    UnprotectedCommandObeyed, "unprotected-command-obeyed", "GPCS 2.3.1 §E.1.6",
        "A command without C-MAC is refused in a session with C-MAC";
    SessionSurvivesWrongMac, "session-survives-wrong-mac", "GPCS 2.3.1 §10.2.3",
        "A command with wrong protection ends the session: the right one that follows is refused";
    IcvNotEncrypted, "icv-not-encrypted", "GPCS 2.3.1 §E.3.4",
        "Where the option says so the chaining value of C-MACs is encrypted between commands";
    CommandPaddingNotChecked, "command-padding-not-checked", "GPCS 2.3.1 §E.4.6",
        "A command whose plain data field does not end in padding is refused";
    EmptyCommandNotCounted, "empty-command-not-counted", "AmdD 1.1.1 §6.2.6",
        "The encryption counter of SCP03 counts commands without data field, too";
    ResponseMacWithoutChain, "response-mac-without-chain", "AmdD 1.1.1 §6.2.5",
        "An R-MAC begins with the chaining value of its session";
    ResponseMacOnError, "response-mac-on-error", "AmdD 1.1.1 §6.2.5",
        "A response with an error leaves as a status word alone";
    ResponseMacMissingOnWarning, "response-mac-missing-on-warning", "AmdD 1.1.1 §6.2.5",
        "A response with a warning carries its R-MAC";
    ResponseIvWithoutMark, "response-iv-without-mark", "AmdD 1.1.1 §6.2.7",
        "The counter block of a response is told from that of its command by its first byte";
    EmptyResponseEncrypted, "empty-response-encrypted", "AmdD 1.1.1 §6.2.7",
        "A response without data is not encrypted: it carries its R-MAC alone";
    BeginRmacIgnored, "begin-rmac-ignored", "AmdD 1.1.1 §7.1.3",
        "After BEGIN R-MAC SESSION responses carry R-MACs";
    EndRmacIgnored, "end-rmac-ignored", "AmdD 1.1.1 §7.1.4",
        "After END R-MAC SESSION responses are as the session began";

    // --- keys ---
    CheckValueNotChecked, "check-value-not-checked", "GPCS 2.3.1 §11.8.2.3.3",
        "PUT KEY with a wrong key check value is refused";
    CheckValueToldWrong, "check-value-told-wrong", "GPCS 2.3.1 §11.8.3.1",
        "PUT KEY tells the key check values of the new keys";
    PutKeyKeepsFirstKeys, "put-key-keeps-first-keys", "GPCS 2.3.1 §11.8.2.3.3",
        "PUT KEY stores all of its keys, or none when one of them is refused";
    PutKeyTorn, "put-key-torn", "GPCS 2.3.1 §11.8.2.3.3",
        "PUT KEY stores all of its keys, or none when the power fails";
    ReplacedKeyChangesType, "replaced-key-changes-type", "GPCS 2.3.1 §11.8.2.3.3",
        "A key takes the place of one of the same type and length only";
    UnknownKeyVersionReplaced, "unknown-key-version-replaced", "GPCS 2.3.1 §11.8.3.2",
        "PUT KEY that replaces a key version which is not there is refused with 6A88";
    KeyVersionNotChecked, "key-version-not-checked", "GPCS 2.3.1 §11.8.2.3",
        "PUT KEY gives versions from 01 to 7F only";
    CounterSurvivesNewKeys, "counter-survives-new-keys", "GPCS 2.3.1 §E.1.2.1",
        "New keys in the place of others begin with a sequence counter of zero";
    KeyDeletedInName, "key-deleted-in-name", "GPCS 2.3.1 §9.5.3",
        "A key that was deleted is gone: nobody is told of it, and no session is opened with it";
    InitialKeysStay, "initial-keys-stay", "GPCS 2.3.1 §11.8.1",
        "The first key set that is added takes the place of the initial one";

    // --- loading ---
    ContentWithoutAuthentication, "content-without-authentication", "GPCS 2.3.1 §11.1.2",
        "INSTALL, LOAD and DELETE are refused with 6982 where nobody is authenticated";
    LoadWithoutInstall, "load-without-install", "GPCS 2.3.1 §11.6",
        "LOAD is refused where no INSTALL [for load] came before";
    LoadBlockNotChecked, "load-block-not-checked", "GPCS 2.3.1 §11.6.2.2",
        "LOAD with another block number than the next is refused";
    LoadFileHashNotChecked, "load-file-hash-not-checked", "GPCS 2.3.1 §9.3.5",
        "A load file whose hash is not the one that INSTALL told is refused";
    LoadFileTrailingBytesAccepted, "load-file-trailing-bytes-accepted", "GPCS 2.3.1 §11.6.2.3",
        "A load file that goes on behind its data block is refused";
    DuplicateLoadFileAccepted, "duplicate-load-file-accepted", "GPCS 2.3.1 §9.3.5",
        "A load file whose AID another load file has is refused";
    LoadFileTakesApplicationName, "load-file-takes-application-name", "GPCS 2.3.1 §9.3.5",
        "A load file whose AID an application has is refused";
    PackageNameNotChecked, "package-name-not-checked", "GPCS 2.3.1 §11.5.2.3.1",
        "A load file with a package of another AID than INSTALL told is refused";
    ImportNotChecked, "import-not-checked", "JCVM 3.0.5 §4.5.2",
        "A package that imports one which is not on the card is refused";
    AnnouncedMemoryNotChecked, "announced-memory-not-checked", "GPCS 2.3.1 §9.7",
        "INSTALL that announces more memory than there is is refused with 6A84";
    AbortedLoadKeepsMemory, "aborted-load-keeps-memory", "GPCS 2.3.1 §9.3.5",
        "A load that is broken off leaves nothing on the card";

    // --- installing ---
    DuplicateInstanceAccepted, "duplicate-instance-accepted", "GPCS 2.3.1 §9.3.6",
        "INSTALL [for install] with an AID that an application has is refused";
    InstallParametersLost, "install-parameters-lost", "GPCS 2.3.1 §11.5.2.3.7",
        "An applet gets the install parameters that the host sent in C9";
    PrivilegeBytesLost, "privilege-bytes-lost", "GPCS 2.3.1 §11.1.2",
        "An application gets the privileges of all three bytes";
    InstallMakesSelectable, "install-makes-selectable", "GPCS 2.3.1 §9.3.6",
        "INSTALL [for install] alone leaves the application in the state INSTALLED";
    MakeSelectableWithoutEffect, "make-selectable-without-effect", "GPCS 2.3.1 §9.3.7",
        "INSTALL [for make selectable] brings an application to the state SELECTABLE";
    InstallTorn, "install-torn", "GPCS 2.3.1 §9.3.6",
        "After a power failure in INSTALL the application is there as a whole, or not at all";
    PersonalizationGoesOn, "personalization-goes-on", "GPCS 2.3.1 §7.3.3",
        "The last block of STORE DATA ends the personalisation of an application";
    StoreDataBlockNotChecked, "store-data-block-not-checked", "GPCS 2.3.1 §11.11.2.2",
        "STORE DATA with another block number than the next is refused";
    StoreDataOfCounterAccepted, "store-data-of-counter-accepted", "GPCS 2.3.1 §11.11.2.3",
        "STORE DATA for an object that nobody may set, as the sequence counter, is refused";
    DomainNotPersonalized, "domain-not-personalized", "GPCS 2.3.1 §5.3.2.3",
        "A security domain that gets its keys becomes PERSONALIZED";

    // --- deleting, extradition, registry update ---
    UnknownObjectDeleted, "unknown-object-deleted", "GPCS 2.3.1 §11.2.3.2",
        "DELETE of an AID that nothing has is refused with 6A88";
    DeleteCascadesUnasked, "delete-cascades-unasked", "GPCS 2.3.1 §9.5.2",
        "A load file that has instances is deleted only where what is related shall go, too";
    ImportedLoadFileDeleted, "imported-load-file-deleted", "GPCS 2.3.1 §9.5.2",
        "A load file that another one imports cannot be deleted";
    SelectedApplicationDeleted, "selected-application-deleted", "GPCS 2.3.1 §9.5.1",
        "An application that is selected on a logical channel cannot be deleted";
    UsedDomainDeleted, "used-domain-deleted", "GPCS 2.3.1 §9.5.1",
        "A security domain with which something is associated cannot be deleted";
    DeletedInstanceKeepsMemory, "deleted-instance-keeps-memory", "GPCS 2.3.1 §9.5",
        "DELETE gives the memory of an application back";
    DeleteTorn, "delete-torn", "GPCS 2.3.1 §9.5",
        "After a power failure in DELETE everything is as before, or everything is gone";
    ExtraditionWithoutEffect, "extradition-without-effect", "GPCS 2.3.1 §9.4.1",
        "Extradition associates an application with its new security domain";
    ExtraditionRefusalIgnored, "extradition-refusal-ignored", "GPCS 2.3.1 §9.4.1",
        "Nothing is extradited to a security domain that takes nothing";
    ExtraditionWithoutAuthority, "extradition-without-authority", "GPCS 2.3.1 §9.4.1",
        "A security domain extradites only what stands under it";
    LoadFileExtraditedToVerifier, "load-file-extradited-to-verifier", "GPCS 2.3.1 §9.4.1",
        "No load file is extradited to a security domain that verifies load file signatures";
    RegistryUpdateWithoutEffect, "registry-update-without-effect", "GPCS 2.3.1 §9.4.2",
        "INSTALL [for registry update] gives an application the privileges that it brings";

    // --- life cycle ---
    UnlockRestoresInstalled, "unlock-restores-installed", "GPCS 2.3.1 §5.3.1.3",
        "An application that is unlocked is in the state that it was locked in";
    SameStateAccepted, "same-state-accepted", "GPCS 2.3.1 §11.10.2.2",
        "SET STATUS that asks for the lock as it is is refused";
    ApplicationUnlocksItself, "application-unlocks-itself", "GPCS 2.3.1 §9.6.2",
        "An application that is locked cannot unlock itself";
    DomainLockedAlone, "domain-locked-alone", "GPCS 2.3.1 §11.10.2.1",
        "SET STATUS for a security domain and its applications locks all of them";
    CardStateGoesBack, "card-state-goes-back", "GPCS 2.3.1 §5.1.2",
        "The life cycle state of the card never goes back from SECURED or INITIALIZED";
    CardLockedEarly, "card-locked-early", "GPCS 2.3.1 §9.6.3",
        "A card that is not SECURED cannot be locked";
    UnknownCardStateAccepted, "unknown-card-state-accepted", "GPCS 2.3.1 §11.1.1",
        "SET STATUS to a card state that there is not is refused";
    CardLockedWithoutPrivilege, "card-locked-without-privilege", "GPCS 2.3.1 §9.6.3",
        "Only who has the Card Lock privilege locks the card";
    LockedCardSelectedSilently, "locked-card-selected-silently", "GPCS 2.3.1 §11.9.3.2",
        "SELECT of the issuer security domain of a locked card is answered with the warning 6283";
    LockedCardTakesContent, "locked-card-takes-content", "GPCS 2.3.1 §5.1.1.4",
        "A locked card obeys no command that changes content or keys";
    LockedCardSelectsApplications, "locked-card-selects-applications", "GPCS 2.3.1 §6.4.2.1.2",
        "On a locked card nothing but the final application can be selected";
    TerminatedCardSelects, "terminated-card-selects", "GPCS 2.3.1 §5.1.1.5",
        "A card that was terminated obeys no SELECT";

    // --- privileges ---
    ConflictingPrivilegesAccepted, "conflicting-privileges-accepted", "GPCS 2.3.1 §6.6.2",
        "Authorized and delegated management exclude each other";
    DomainPrivilegeForApplication, "domain-privilege-for-application", "GPCS 2.3.1 §6.6.2",
        "Privileges of security domains are given to security domains only";
    SecondDefaultApplication, "second-default-application", "GPCS 2.3.1 §6.6.2",
        "One application at most has the Card Reset privilege";
    DefaultWithoutSelectable, "default-without-selectable", "GPCS 2.3.1 §11.5.2.3.2",
        "The Card Reset privilege is given only to what becomes selectable with the same command";
    GlobalDeleteNotNeeded, "global-delete-not-needed", "GPCS 2.3.1 §9.5.1",
        "A security domain without Global Delete deletes only what stands under it";
    ManagementNotNeeded, "management-not-needed", "GPCS 2.3.1 §9.1.3",
        "A security domain without authorized or delegated management changes no content";

    // --- signatures, tokens, receipts ---
    MandatedSignatureNotNeeded, "mandated-signature-not-needed", "GPCS 2.3.1 §9.3.5",
        "A load file without the signature of a domain with mandated DAP verification is refused";
    LoadFileSignatureNotChecked, "load-file-signature-not-checked", "GPCS 2.3.1 §9.3.5",
        "A load file with a wrong signature is refused";
    WeakHashAccepted, "weak-hash-accepted", "GPCS 2.3.1 §C.2",
        "A hash that is weaker than the key which signs it is refused";
    ClearLoadFileAccepted, "clear-load-file-accepted", "GPCS 2.3.1 §11.6.2.3",
        "A security domain that deciphers load files takes none in clear";
    TokenNotNeeded, "token-not-needed", "GPCS 2.3.1 §9.1.3",
        "Delegated management without a token is refused";
    TokenNotChecked, "token-not-checked", "GPCS 2.3.1 §C.4",
        "Delegated management with a token for something else is refused";
    NeedlessTokenAccepted, "needless-token-accepted", "GPCS 2.3.1 §9.1.3.2",
        "A token where none is needed is refused";
    ReceiptNotCounted, "receipt-not-counted", "GPCS 2.3.1 §C.5",
        "Each receipt has a confirmation counter that no other has";
    ReceiptSignatureWrong, "receipt-signature-wrong", "GPCS 2.3.1 §C.5",
        "A receipt is the signature of what it confirms";

    // --- the virtual machine ---
    FirewallFieldsOpen, "firewall-fields-open", "JCRE 3.0.5 §6.2.8.3",
        "getfield on an object of another context throws a SecurityException";
    FirewallArraysOpen, "firewall-arrays-open", "JCRE 3.0.5 §6.2.8.2",
        "baload from an array of another context throws a SecurityException";
    FirewallMethodsOpen, "firewall-methods-open", "JCRE 3.0.5 §6.2.8.4",
        "invokevirtual on an object of another context throws a SecurityException";
    ShareableNotNeeded, "shareable-not-needed", "JCRE 3.0.5 §6.2.8.5",
        "Of an object of another context only methods of a shareable interface can be called";
    ContextNotSwitched, "context-not-switched", "JCRE 3.0.5 §6.2.8.6",
        "A method of a shareable interface runs in the context of the object that it is called on";
    GlobalArrayKept, "global-array-kept", "JCRE 3.0.5 §6.2.2",
        "A reference to a global array, as the APDU buffer, cannot be stored in a field or an array";
    AbortKeepsStores, "abort-keeps-stores", "JCRE 3.0.5 §7.6",
        "A transaction that is aborted leaves persistent fields and arrays as they were at its beginning";
    OpenTransactionCommitted, "open-transaction-committed", "JCRE 3.0.5 §7.3",
        "A transaction that is open when an applet returns is aborted";
    NestedTransactionAccepted, "nested-transaction-accepted", "JCRE 3.0.5 §7.4",
        "beginTransaction in a transaction throws a TransactionException";
    ResetTransientKept, "reset-transient-kept", "JCRE 3.0.5 §5.1",
        "A transient array of the kind CLEAR_ON_RESET is cleared by a reset";
    DeselectTransientKept, "deselect-transient-kept", "JCRE 3.0.5 §5.1",
        "A transient array of the kind CLEAR_ON_DESELECT is cleared when its applet is deselected";
    DeselectTransientOpen, "deselect-transient-open", "JCRE 3.0.5 §5.1",
        "A transient array of the kind CLEAR_ON_DESELECT can be used only while its applet's package is selected";
    ArrayBoundOffByOne, "array-bound-off-by-one", "JCVM 3.0.5 §7.5",
        "baload behind the last element throws an ArrayIndexOutOfBoundsException";
    ShortToByteUnsigned, "short-to-byte-unsigned", "JCVM 3.0.5 §7.5",
        "s2b extends the sign of the byte";
    ShortAdditionNotNarrowed, "short-addition-not-narrowed", "JCVM 3.0.5 §7.5",
        "sadd keeps the low sixteen bits of the sum";
    IntRemainderUnsigned, "int-remainder-unsigned", "JCVM 3.0.5 §7.5",
        "The remainder of irem has the sign of the dividend";
    CheckCastAccepts, "check-cast-accepts", "JCVM 3.0.5 §7.5",
        "checkcast to a class that the object is none of throws a ClassCastException";
    ArrayStoreNotChecked, "array-store-not-checked", "JCVM 3.0.5 §7.5",
        "aastore of an object that the elements cannot be throws an ArrayStoreException";
    HandlerOrderReversed, "handler-order-reversed", "JCVM 3.0.5 §3.4",
        "Of several handlers of an exception the first in the table catches it";
    StaticValuesLost, "static-values-lost", "JCVM 3.0.5 §6.11",
        "Static fields begin with the values that the CAP file gives them";

    // --- the runtime environment and the Java Card API ---
    UncaughtExceptionHidden, "uncaught-exception-hidden", "JCRE 3.0.5 §4.6",
        "A command in which an exception is not caught that is no ISOException is answered with 6F00";
    RefusedSelectionSelects, "refused-selection-selects", "JCRE 3.0.5 §4.5",
        "An applet whose method select returns false is not selected";
    DeselectNotCalled, "deselect-not-called", "JCRE 3.0.5 §4.5",
        "The method deselect of an applet is called before another one is selected";
    ObjectDeletionIgnored, "object-deletion-ignored", "JCRE 3.0.5 §8",
        "Object deletion that an applet asked for gives the memory of unreachable objects back";
    ArrayCopyNotJournalled, "array-copy-not-journalled", "JCAPI 3.0.5 §javacard.framework.Util.arrayCopy",
        "What arrayCopy stores in a transaction is undone when it is aborted";
    ArrayCompareSigned, "array-compare-signed", "JCAPI 3.0.5 §javacard.framework.Util.arrayCompare",
        "arrayCompare compares bytes as unsigned numbers";
    PinTryNotCounted, "pin-try-not-counted", "JCAPI 3.0.5 §javacard.framework.OwnerPIN.check",
        "A check of an OwnerPIN that fails costs a try";
    PinTryRolledBack, "pin-try-rolled-back", "JCAPI 3.0.5 §javacard.framework.OwnerPIN.check",
        "An aborted transaction gives no try of an OwnerPIN back";
    PinStaysValidated, "pin-stays-validated", "JCAPI 3.0.5 §javacard.framework.OwnerPIN.check",
        "A check of an OwnerPIN that fails takes the validated flag away";
    BlockedPinChecked, "blocked-pin-checked", "JCAPI 3.0.5 §javacard.framework.OwnerPIN",
        "An OwnerPIN without tries is blocked: no check succeeds";
    CipherVectorIgnored, "cipher-vector-ignored", "JCAPI 3.0.5 §javacardx.crypto.Cipher.init",
        "A cipher in CBC mode begins with the initial vector that it was given";
    Sha256BitWrong, "sha256-bit-wrong", "JCAPI 3.0.5 §javacard.security.MessageDigest.doFinal",
        "The digest of ALG_SHA_256 is that of the standard";
    SignatureNotVerified, "signature-not-verified", "JCAPI 3.0.5 §javacard.security.Signature.verify",
        "verify of a signature that is wrong returns false";
    RandomDataConstant, "random-data-constant", "JCAPI 3.0.5 §javacard.security.RandomData",
        "Random data are not twice the same";

    // --- the CoolKey applet ---
    CoolkeyTryNotCounted, "coolkey-try-not-counted", "CoolKey §VERIFY PIN",
        "VERIFY PIN with a wrong PIN costs a try";
    CoolkeyBlockedPinVerified, "coolkey-blocked-pin-verified", "CoolKey §VERIFY PIN",
        "VERIFY PIN of a PIN without tries is refused with 9C0C";
    CoolkeyOldPinNotChecked, "coolkey-old-pin-not-checked", "CoolKey §CHANGE PIN",
        "CHANGE PIN with a wrong old PIN is refused";
    CoolkeyLogoutIgnored, "coolkey-logout-ignored", "CoolKey §LOGOUT",
        "After LOGOUT the nonce of the session is worth nothing";
    CoolkeyLoginSurvivesReset, "coolkey-login-survives-reset", "CoolKey §VERIFY PIN",
        "A reset logs everybody out";
    CoolkeyNonceNotChecked, "coolkey-nonce-not-checked", "CoolKey §VERIFY PIN",
        "A nonce that the session does not have is refused with 9C06";
    CoolkeyListEndsEarly, "coolkey-list-ends-early", "CoolKey §LIST OBJECTS",
        "LIST OBJECTS tells every object";
    CoolkeyReadNotGuarded, "coolkey-read-not-guarded", "CoolKey §READ OBJECT",
        "READ OBJECT needs an identity that the object lets read";
    CoolkeyWriteNotGuarded, "coolkey-write-not-guarded", "CoolKey §WRITE OBJECT",
        "WRITE OBJECT needs an identity that the object lets write";
    CoolkeyCreateNotGuarded, "coolkey-create-not-guarded", "CoolKey §CREATE OBJECT",
        "CREATE OBJECT needs an identity that the applet lets create objects";
    CoolkeyDeleteNotGuarded, "coolkey-delete-not-guarded", "CoolKey §DELETE OBJECT",
        "DELETE OBJECT needs an identity that the object lets delete";
    CoolkeyKeyNotGuarded, "coolkey-key-not-guarded", "CoolKey §COMPUTE CRYPT",
        "COMPUTE CRYPT needs an identity that the key lets use it";
    CoolkeyRandomConstant, "coolkey-random-constant", "CoolKey §GET RANDOM",
        "GET RANDOM does not answer the same twice";
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        let known = Self::ALL.iter().find(|fault| fault.name() == name);
        known.copied().ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no fault has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFault(pub String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no fault {:?}", self.0)
    }
}

impl core::error::Error for UnknownFault {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Documents that the clauses are of.
    const DOCUMENTS: [&str; 6] = [
        "GPCS 2.3.1 §",
        "AmdD 1.1.1 §",
        "JCRE 3.0.5 §",
        "JCVM 3.0.5 §",
        "JCAPI 3.0.5 §",
        "CoolKey §",
    ];

    #[test]
    fn a_name_is_one_faults_and_reads_back() {
        let names: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(*fault));
        }
        assert_eq!("no-such-fault".parse::<Fault>(), Err(UnknownFault("no-such-fault".to_owned())));
    }

    #[test]
    fn names_are_words_joined_by_hyphens() {
        let lower = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        for fault in Fault::ALL {
            assert!(fault.name().split('-').all(lower), "{fault}");
            let joined = fault.name().replace('-', "");
            assert_eq!(format!("{fault:?}").to_lowercase(), joined);
        }
    }

    #[test]
    fn each_fault_names_the_rule_it_breaks_and_its_clause() {
        let rules: BTreeSet<&str> = Fault::ALL.iter().map(|fault| fault.rule()).collect();
        assert_eq!(rules.len(), Fault::ALL.len(), "a rule is broken by one fault");
        for fault in Fault::ALL {
            let clause = fault.clause();
            let document = DOCUMENTS.iter().find_map(|document| clause.strip_prefix(document));
            assert!(document.is_some_and(|rest| !rest.is_empty()), "{fault}: {clause}");
            assert!(fault.rule().len() > 20 && !fault.rule().ends_with('.'), "{fault}");
        }
    }

    #[cfg(not(feature = "enabled"))]
    #[test]
    fn a_product_has_no_faults() {
        const NONE: bool = !crate::active(Fault::PartialNameNotFound);
        assert!(NONE && Fault::ALL.iter().all(|fault| !crate::active(*fault)));
    }
}
