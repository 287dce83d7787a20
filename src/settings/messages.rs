//! The log messages that an operator may look up: one cause, one code.
//!
//! A code is never reused. `docs/messages.md` has a section for each, with cause
//! and remedy; a test holds the two against each other.

/// httpd's log levels, by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Critical,
    Error,
    Warning,
    Notice,
    Info,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $level:ident;)*) => {
        /// The cause of a log entry. Some are only known to the Python package, which writes
        /// their text by itself.
        #[allow(dead_code)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($name,)* }

        impl Code {
            /// The stable text that starts the log entry.
            pub const fn text(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            pub const fn level(self) -> Level {
                match self { $(Code::$name => Level::$level,)* }
            }
        }
    };
}

codes! {
    PythonStarted = "MPY0001", Info;
    PythonNotStarted = "MPY0002", Critical;
    PythonHomeUnusable = "MPY0004", Critical;
    ExitDeadline = "MPY0005", Warning;
    ExitInterrupted = "MPY0006", Warning;
    VersionMismatch = "MPY0007", Warning;
    PackageNotImportable = "MPY0008", Error;
    Panic = "MPY0010", Critical;
    InterpreterCreated = "MPY0201", Info;
    InterpreterNotCreated = "MPY0202", Error;
    ImportFailed = "MPY0203", Error;
    PathFailed = "MPY0204", Error;
    InterpreterEnded = "MPY0205", Info;
    InterpreterLeft = "MPY0206", Warning;
    TooManyInterpreters = "MPY0207", Error;
    RequestTimeout = "MPY0208", Error;
    RequestStuck = "MPY0209", Error;
    InterpreterSilent = "MPY0210", Error;
    ChildLeaving = "MPY0211", Warning;
    ChildLeft = "MPY0212", Warning;
    TimeoutsNotWatched = "MPY0213", Error;
    ExtensionRefuses = "MPY0220", Error;
    MainNotReloaded = "MPY0230", Warning;
    InterpreterOutdated = "MPY0231", Notice;
    ModuleNotImportable = "MPY0301", Error;
    ObjectNotFound = "MPY0302", Error;
    HandlerRaised = "MPY0303", Error;
    WrongReturnType = "MPY0304", Error;
    SyntaxError = "MPY0305", Error;
    ServerReturnMalformed = "MPY0306", Error;
    ModuleLoaded = "MPY0307", Notice;
    ErrorPageNotSent = "MPY0308", Error;
    ClientGone = "MPY0309", Info;
    NoUser = "MPY0310", Error;
    ClientTimeout = "MPY0320", Info;
    BodyTooLarge = "MPY0321", Info;
    BodyMalformed = "MPY0322", Info;
    ModuleFileGone = "MPY0330", Warning;
    ModuleHookFailed = "MPY0331", Warning;
    FilterWithoutHandler = "MPY0401", Error;
    ProviderAnswer = "MPY0501", Error;
    NoAuthnProvider = "MPY0502", Error;
    IncludeMalformed = "MPY0601", Error;
    IncludeNoExec = "MPY0602", Error;
    InputLost = "MPY0701", Error;
    DeprecatedAttribute = "MPY0702", Warning;
    LocksMade = "MPY0801", Notice;
    LockDirectory = "MPY0802", Notice;
    FewerLocks = "MPY0803", Error;
    LocksNotMade = "MPY0804", Critical;
    LocksNotOpened = "MPY0805", Error;
    LockIndex = "MPY0806", Warning;
    LockNotHeld = "MPY0807", Warning;
    LockFailed = "MPY0808", Warning;
    FormRefused = "MPY0901", Info;
    ForgedCookie = "MPY0910", Warning;
    SessionLockTimeout = "MPY0920", Warning;
    SessionsCleaned = "MPY0921", Notice;
    SessionUnreadable = "MPY0922", Warning;
    SessionNotSaved = "MPY0923", Error;
    SessionDatabaseBroken = "MPY0924", Error;
    CacheNotMade = "MPY0940", Critical;
    CacheNotOpened = "MPY0941", Error;
    CacheUnavailable = "MPY0942", Error;
    CacheRefused = "MPY0943", Error;
    CacheRecord = "MPY0944", Error;
    TestPageRefused = "MPY0945", Info;
    TestPageLog = "MPY0946", Warning;
    StatusRefused = "MPY0947", Info;
    StatusMisconfigured = "MPY0948", Error;
    StatusNotShared = "MPY0949", Critical;
    PublishingRefused = "MPY0950", Warning;
    ProtectionNotUnderstood = "MPY0951", Error;
    NothingPublished = "MPY0952", Notice;
    PspCacheRefused = "MPY0960", Warning;
    PspFileRefused = "MPY0961", Warning;
    CgiOutputLost = "MPY0970", Warning;
    WsgiUnconfigured = "MPY0975", Warning;
    WsgiNoApplication = "MPY0976", Warning;
    WsgiElsewhere = "MPY0977", Warning;
    WsgiSurplus = "MPY0978", Warning;
    WsgiShortfall = "MPY0979", Error;
    WsgiCloseFailed = "MPY0980", Error;
}
