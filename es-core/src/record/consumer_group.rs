//! A category shared out among several readers.

/// One reader of several that share a category's streams: each stream has one reader, always the
/// same, so that each sees its streams' events in order.
///
/// The rule is Message DB's, so that readers of ours and readers of other programs can share a
/// group: the first 64 bits of the MD5 of the [cardinal
/// id](crate::stream::StreamName::cardinal_id), as a signed number without its sign, modulo the
/// size.
///
/// ```
/// use es_core::record::ConsumerGroup;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let [first, second] = [ConsumerGroup::new(0, 2)?, ConsumerGroup::new(1, 2)?];
/// assert!(first.has("acc-001") != second.has("acc-001"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerGroup {
    member: u32,
    size: u32,
}

/// A group has no such member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a consumer group of {size} has no member {member}: members count from 0 to below the size"
)]
pub struct NoSuchMember {
    member: u32,
    size: u32,
}

impl ConsumerGroup {
    /// Member `member`, counted from 0, of a group of `size`.
    ///
    /// # Errors
    /// [`NoSuchMember`] unless `member` is below `size`.
    pub const fn new(member: u32, size: u32) -> Result<Self, NoSuchMember> {
        if member < size {
            Ok(Self { member, size })
        } else {
            Err(NoSuchMember { member, size })
        }
    }

    /// Which one this is, from 0.
    pub const fn member(self) -> u32 {
        self.member
    }

    /// How many there are.
    pub const fn size(self) -> u32 {
        self.size
    }

    /// Whether the streams with this cardinal id are this member's.
    pub fn has(self, cardinal_id: &str) -> bool {
        hash_64(cardinal_id).unsigned_abs() % u64::from(self.size) == u64::from(self.member)
    }

    /// Whether the stream of this name is this member's.
    pub fn has_stream(self, stream: &str) -> bool {
        let id = stream.split_once('-').map_or("", |(_, id)| id);
        self.has(id.split('+').next().unwrap_or_default())
    }
}

/// Message DB's `hash_64`.
fn hash_64(text: &str) -> i64 {
    let digest = u128::from_be_bytes(md5::compute(text).0);
    let first_64_bits = (digest >> 64) as u64;
    first_64_bits.cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors are answers of Message DB 1.3.0.
    #[test]
    fn the_hash_is_message_dbs() {
        assert_eq!(hash_64(""), -3_162_216_497_309_240_828);
        assert_eq!(hash_64("abc"), -8_070_080_442_485_551_184);
        assert_eq!(hash_64("1"), -4_266_524_885_998_034_046);
        assert_eq!(hash_64("acc-001"), -3_021_974_340_921_854_212);
        assert_eq!(hash_64("myapp::account"), 1_606_405_117_721_515_284);
    }

    #[test]
    fn compound_ids_belong_together() {
        let group = ConsumerGroup::new(1, 3).expect("below the size");

        assert_eq!(group.has_stream("cart-123+1"), group.has("123"));
        assert_eq!(group.has_stream("cart-123+2"), group.has("123"));
    }
}
