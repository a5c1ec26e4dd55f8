//! Flags, sizes and counts [JCVM 3.0.5 §6.4, §6.5].

use super::{Checker, Outcome};
use crate::{
    component::{Directory, Header, tag},
    error::CapErrorKind,
};

impl Checker<'_> {
    pub(super) fn directory(&self) -> Outcome {
        self.flags()?;
        let file = self.file;
        let directory = &file.directory;
        for tag in 1..=Directory::last_tag(&file.header) {
            let actual = file.component(tag).map(|info| info.len());
            let agrees = match (tag, actual) {
                // A card gets no Debug component and need not get a Descriptor [JCVM 3.0.5 §6.3].
                (tag::DEBUG, _) | (tag::DESCRIPTOR, None) => true,
                (_, actual) => {
                    usize::try_from(directory.size(tag)) == Ok(actual.unwrap_or_default())
                }
            };
            if !agrees {
                return Err(CapErrorKind::DirectorySize(tag).at(tag::DIRECTORY, usize::from(tag)));
            }
        }
        self.counts()
    }

    fn flags(&self) -> Outcome {
        let flags = self.file.header.flags;
        let applet = flags & Header::ACC_APPLET != 0;
        let export = flags & Header::ACC_EXPORT != 0;
        if applet != self.file.applet.is_some() || export != self.file.export.is_some() {
            return Err(CapErrorKind::Flags(flags).at(tag::HEADER, 6));
        }
        Ok(())
    }

    fn counts(&self) -> Outcome {
        let file = self.file;
        let directory = &file.directory;
        let applets = file.applet.as_ref().map_or(0, |applet| applet.applets.len());
        let arrays = &file.static_field.arrays;
        let array_size: usize = arrays.iter().map(|array| array.values.len()).sum();
        let blocks = directory.method_block_count.map(usize::from);
        let counts = [
            (usize::from(directory.static_image_size), usize::from(file.static_field.image_size)),
            (usize::from(directory.array_init_count), arrays.len()),
            (usize::from(directory.array_init_size), array_size),
            (usize::from(directory.import_count), file.import.packages.len()),
            (usize::from(directory.applet_count), applets),
            (blocks.unwrap_or(1), file.method.blocks.len()),
        ];
        match counts.iter().find(|(said, actual)| said != actual) {
            Some((said, _)) => Err(CapErrorKind::Count(*said).at(tag::DIRECTORY, 0)),
            None => Ok(()),
        }
    }
}
