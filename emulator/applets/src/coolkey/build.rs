//! What the builds of the applet differ in: one row a build.

use ::coolkey::{Instruction, report::AppletVersion};

/// Whose interface of the secure channel a build was written against, and so how it checks and unwraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Visa Open Platform 2.0: levels 01 and 03 only; the platform verifies wrapped keys.
    OpenPlatform,
    /// GlobalPlatform 2.1.1: any level with C-MAC, R-MAC sessions; the applet verifies wrapped keys itself.
    GlobalPlatform,
}

/// A build of the applet.
#[derive(Debug, PartialEq, Eq)]
pub struct Build {
    /// Version and build number, as GET STATUS and GET BUILDID answer.
    pub version: AppletVersion,
    /// Size of the I/O buffer, in bytes.
    pub io_buffer_size: u16,
    /// The interface it was written against.
    pub platform: Platform,
    /// Whether it has CLEAR KEY SLOTS.
    pub clears_key_slots: bool,
    /// Whether it imports keys under AES key wrap with padding (algorithm 88).
    pub aes_key_wrap: bool,
    /// Whether it imports keys under AES-CBC (algorithm 89).
    pub aes_cbc: bool,
}

impl Build {
    /// The build that TPS asks for by default: for cards that speak SCP01 or SCP02.
    pub const DEFAULT: &'static Self = &Self {
        version: AppletVersion { version: [1, 4], build: 0x5876_8072 },
        io_buffer_size: 900,
        platform: Platform::OpenPlatform,
        clears_key_slots: true,
        aes_key_wrap: false,
        aes_cbc: false,
    };

    /// The latest build: for cards that speak SCP03.
    pub const LATEST: &'static Self = &Self {
        version: AppletVersion { version: [1, 5], build: 0x65CB_F5A6 },
        io_buffer_size: 1200,
        platform: Platform::GlobalPlatform,
        clears_key_slots: true,
        aes_key_wrap: true,
        aes_cbc: true,
    };

    /// All builds there are, oldest first.
    pub const ALL: &'static [&'static Self] = &[
        Self::DEFAULT,
        &Self {
            version: AppletVersion { version: [1, 5], build: 0x558C_DCFF },
            io_buffer_size: 900,
            platform: Platform::GlobalPlatform,
            clears_key_slots: false,
            aes_key_wrap: false,
            aes_cbc: false,
        },
        &Self {
            version: AppletVersion { version: [1, 5], build: 0x6426_0792 },
            io_buffer_size: 1200,
            platform: Platform::GlobalPlatform,
            clears_key_slots: true,
            aes_key_wrap: true,
            aes_cbc: false,
        },
        Self::LATEST,
    ];

    /// The build with this version, e.g. `1.4.58768072`.
    #[must_use]
    pub fn find(version: &AppletVersion) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|build| build.version == *version)
    }

    /// Whether the build has this instruction.
    pub(super) const fn knows(&self, instruction: Instruction) -> bool {
        match instruction {
            Instruction::ReadIoBuffer | Instruction::StartEnrollmentEcc => false,
            Instruction::ClearKeySlots => self.clears_key_slots,
            Instruction::BeginRmacSession | Instruction::EndRmacSession => {
                matches!(self.platform, Platform::GlobalPlatform)
            }
            _ => true,
        }
    }
}
