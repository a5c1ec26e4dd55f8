//! Reading and writing of a component's `info`.

use iso7816::Aid;

use crate::{
    component::{ClassRef, MethodLocation, PackageVersion},
    error::{CapError, CapErrorKind},
};

/// Reads the `info` of one component; every error knows the component and the offset.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    component: u8,
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(component: u8, bytes: &'a [u8]) -> Self {
        Self { component, bytes, position: 0 }
    }

    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.position >= self.bytes.len()
    }

    /// An error where the reader stands.
    pub(crate) const fn error(&self, kind: CapErrorKind) -> CapError {
        kind.at(self.component, self.position)
    }

    /// An error at an earlier place of the component.
    pub(crate) const fn error_at(&self, offset: usize, kind: CapErrorKind) -> CapError {
        kind.at(self.component, offset)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], CapError> {
        let end = self.position.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.position..end));
        let taken = taken.ok_or(self.error(CapErrorKind::Truncated))?;
        self.position += length;
        Ok(taken)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        self.position = self.bytes.len();
        rest
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CapError> {
        let truncated = self.error(CapErrorKind::Truncated);
        self.take(N)?.try_into().map_err(|_| truncated)
    }

    pub(crate) fn u1(&mut self) -> Result<u8, CapError> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u2(&mut self) -> Result<u16, CapError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u4(&mut self) -> Result<u32, CapError> {
        self.array().map(u32::from_be_bytes)
    }

    /// A size of two or four bytes.
    pub(crate) fn size(&mut self, length: usize) -> Result<u32, CapError> {
        if length == 4 { self.u4() } else { self.u2().map(u32::from) }
    }

    /// Bytes after their one-byte length.
    pub(crate) fn short_bytes(&mut self) -> Result<&'a [u8], CapError> {
        let length = self.u1()?;
        self.take(usize::from(length))
    }

    pub(crate) fn aid(&mut self) -> Result<Aid, CapError> {
        let start = self.position;
        let length = self.u1()?;
        let bytes = self.take(usize::from(length))?;
        Aid::new(bytes).map_err(|_| self.error_at(start, CapErrorKind::AidLength(length)))
    }

    pub(crate) fn name(&mut self) -> Result<String, CapError> {
        let start = self.position;
        let bytes = self.short_bytes()?;
        core::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| self.error_at(start, CapErrorKind::Name))
    }

    /// A version: the minor number comes first.
    pub(crate) fn version(&mut self) -> Result<PackageVersion, CapError> {
        let [minor, major] = self.array()?;
        Ok(PackageVersion { major, minor })
    }

    pub(crate) fn class_ref(&mut self) -> Result<ClassRef, CapError> {
        self.u2().map(ClassRef::from_u2)
    }

    /// A method: in the extended format its block comes before its offset.
    pub(crate) fn location(&mut self, extended: bool) -> Result<MethodLocation, CapError> {
        let block = if extended { self.u1()? } else { 0 };
        Ok(MethodLocation { block, offset: self.u2()? })
    }

    /// `count` items, each read by `item`. No room is reserved: a count proves nothing.
    pub(crate) fn list<T>(
        &mut self,
        count: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, CapError>,
    ) -> Result<Vec<T>, CapError> {
        (0..count).map(|_| item(self)).collect()
    }

    pub(crate) fn finish(&self) -> Result<(), CapError> {
        if self.is_empty() { Ok(()) } else { Err(self.error(CapErrorKind::TrailingBytes)) }
    }
}

/// Writes the `info` of one component. Counts that do not fit their field are cut: only a file that was never parsed has such.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn u1(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u2(&mut self, value: u16) {
        self.bytes.extend(value.to_be_bytes());
    }

    pub(crate) fn u4(&mut self, value: u32) {
        self.bytes.extend(value.to_be_bytes());
    }

    pub(crate) fn size(&mut self, length: usize, value: u32) {
        if length == 4 { self.u4(value) } else { self.u2(low2(value)) }
    }

    pub(crate) fn count1(&mut self, count: usize) {
        self.u1(u8::try_from(count).unwrap_or(u8::MAX));
    }

    pub(crate) fn count2(&mut self, count: usize) {
        self.u2(u16::try_from(count).unwrap_or(u16::MAX));
    }

    pub(crate) fn count4(&mut self, count: usize) {
        self.u4(u32::try_from(count).unwrap_or(u32::MAX));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn short_bytes(&mut self, bytes: &[u8]) {
        self.count1(bytes.len());
        self.bytes(bytes);
    }

    pub(crate) fn version(&mut self, version: PackageVersion) {
        self.bytes(&[version.minor, version.major]);
    }

    pub(crate) fn class_ref(&mut self, class: ClassRef) {
        self.u2(class.to_u2());
    }

    pub(crate) fn location(&mut self, extended: bool, location: MethodLocation) {
        if extended {
            self.u1(location.block);
        }
        self.u2(location.offset);
    }
}

/// The low half of a number.
pub(crate) fn low2(value: u32) -> u16 {
    u16::try_from(value & 0xFFFF).unwrap_or_default()
}
