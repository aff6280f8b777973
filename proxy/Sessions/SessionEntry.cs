using System.Buffers.Binary;
using System.Net;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using SshGateway.Feed;

namespace SshGateway.Proxy.Sessions;

/// <summary>
/// What this proxy knows of one session. Immutable: a change is a new entry. A proxy may hold a million of them, so all
/// but the id is one array, and what a login needs of it is decoded then: as objects with strings and arrays of their
/// own they took half as much again.
/// </summary>
internal sealed class SessionEntry
{
    // The entry's array:
    //   byte     state
    //   byte     access
    //   uint16   port                   (0: the pod has no sshd, and an exec relay stands in for it)
    //   int64    expires at
    //   uint16   max connections
    //   uint32   idle timeout, seconds
    //   uint64   wire hash
    //   byte     flags: bit 0 whether passthrough is allowed, bits 1 and 2 what is recorded, bit 3 that no login asks
    //            for a pod
    //   string   pod ip                 (string: byte length, bytes)
    //   string   pod uid                (or the byte 255 and the 16 bytes of a UUID)
    //   string   pod name
    //   string   target user
    //   string   reason
    //   string   cause
    //   string   sha-256 of the host key
    //   keys     authorized keys        (keys: byte count, each a uint16 length and the SSH wire format)
    //   keys     host keys
    // and, where the session trusts a CA, or revokes or forgets a key:
    //   keys     trusted user CA keys
    //   keys     host CA keys
    //   keys     authorized principals, in UTF-8
    //   keys     revoked keys, the SHA-256 of each
    //   keys     forgotten host keys, the SHA-256 of each
    //   ....     the owner's user name, up to the end
    private const int StateOffset = 0;
    private const int AccessOffset = 1;
    private const int PortOffset = 2;
    private const int ExpiresAtOffset = 4;
    private const int MaxConnectionsOffset = 12;
    private const int IdleTimeoutOffset = 14;
    private const int WireHashOffset = 18;
    private const int FlagsOffset = 26;
    private const int StringsOffset = 27;

    private const int PassthroughFlag = 1;
    private const int RecordingShift = 1;
    private const int RecordingMask = 3;
    private const int WakeNeverFlag = 8;

    private const byte UuidMark = 255;
    private const int UuidSize = 16;

    private readonly byte[] _packed;

    /// <param name="entry">The feed's, checked: its strings and counts fit.</param>
    public SessionEntry(Entry entry) : this(entry.SessionId, Pack(entry))
    {
    }

    private SessionEntry(string sessionId, byte[] packed) => (SessionId, _packed) = (sessionId, packed);

    private enum StringField
    {
        PodIp,
        PodUid,
        PodName,
        TargetUser,
        Reason,
        Cause,
        HostKeySha256,
        End,
    }

    private enum KeyList
    {
        AuthorizedKeys,
        HostKeys,
        TrustedUserCAKeys,
        HostCAKeys,
        AuthorizedPrincipals,
        RevokedKeys,
        ForgottenHostKeys,
        End,
    }

    /// <summary>The ClaudeSession's name, which is the SSH user name.</summary>
    public string SessionId { get; }

    public EndpointState State => (EndpointState)_packed[StateOffset];

    public Access Access => (Access)_packed[AccessOffset];

    public string PodName => Encoding.UTF8.GetString(Read(StringField.PodName));

    /// <summary>The pod's UID; empty when there is no pod.</summary>
    public string PodUid
    {
        get
        {
            int offset = OffsetOf(StringField.PodUid);
            return _packed[offset] == UuidMark ? new Guid(_packed.AsSpan(offset + 1, UuidSize)).ToString("D") : Encoding.UTF8.GetString(Read(StringField.PodUid));
        }
    }

    /// <summary>
    /// Whether an exec relay stands in for the pod's sshd. Which container it is, and more, only the relays need to
    /// know.
    /// </summary>
    public bool IsExec => BinaryPrimitives.ReadUInt16LittleEndian(_packed.AsSpan(PortOffset)) == 0;

    /// <summary>Where the pod's sshd listens; null when there is no pod. With port 0 if <see cref="IsExec"/>.</summary>
    public IPEndPoint? Endpoint
    {
        get
        {
            ReadOnlySpan<byte> address = Read(StringField.PodIp);
            return address.IsEmpty ? null : new IPEndPoint(new IPAddress(address), BinaryPrimitives.ReadUInt16LittleEndian(_packed.AsSpan(PortOffset)));
        }
    }

    /// <summary>The user to log in as inside the pod.</summary>
    public string TargetUser => Encoding.UTF8.GetString(Read(StringField.TargetUser));

    /// <summary>The pod's pinned host keys in the SSH wire format; empty: trust on first use per pod UID.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> HostKeys => ReadKeys(KeyList.HostKeys);

    /// <summary>The CAs whose host certificates the pod may show, in the SSH wire format.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> HostCAKeys => ReadKeys(KeyList.HostCAKeys);

    /// <summary>The owner's name, in UTF-8, which counts as a principal; known where a CA is trusted.</summary>
    public ReadOnlySpan<byte> OwnerUser => _packed.AsSpan(OffsetOf(KeyList.End));

    /// <summary>The principals that a certificate may have, in UTF-8; empty: the session id and the owner.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> AuthorizedPrincipals => ReadKeys(KeyList.AuthorizedPrincipals);

    /// <summary>Whether <see cref="Revokes"/> has anything to compare with.</summary>
    public bool HasRevokedKeys
    {
        get
        {
            int offset = OffsetOf(KeyList.RevokedKeys);
            return CountAt(ref offset) > 0;
        }
    }

    /// <summary>Seconds since 1970 UTC after which the session takes no logins; 0: never.</summary>
    public long ExpiresAt => BinaryPrimitives.ReadInt64LittleEndian(_packed.AsSpan(ExpiresAtOffset));

    /// <summary>How many connections this proxy keeps open; 0: without limit.</summary>
    public int MaxConnections => BinaryPrimitives.ReadUInt16LittleEndian(_packed.AsSpan(MaxConnectionsOffset));

    /// <summary>How long a connection may be idle; zero: without limit.</summary>
    public TimeSpan IdleTimeout => TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32LittleEndian(_packed.AsSpan(IdleTimeoutOffset)));

    /// <summary>Why logins are not routed, as one word; empty when the state is READY.</summary>
    public string Reason => Encoding.UTF8.GetString(Read(StringField.Reason));

    /// <summary>More about the reason, as one word; empty: nothing more is known.</summary>
    public string Cause => Encoding.UTF8.GetString(Read(StringField.Cause));

    /// <summary>Whether anyone who asks may reach the pod's sshd without a login at the gateway.</summary>
    public bool Passthrough => (_packed[FlagsOffset] & PassthroughFlag) != 0;

    /// <summary>What is recorded of its connections.</summary>
    public RecordingMode Recording => (RecordingMode)((_packed[FlagsOffset] >> RecordingShift) & RecordingMask);

    /// <summary>Whether a login that waits for the pod asks for it.</summary>
    public bool WakesOnLogin => (_packed[FlagsOffset] & WakeNeverFlag) == 0;

    /// <summary>The SHA-256 of the pod's host key, where the key itself is not known; else empty.</summary>
    public ReadOnlySpan<byte> HostKeySha256 => Read(StringField.HostKeySha256);

    /// <summary>Its part of the table's hash (endpoint_feed.proto).</summary>
    public ulong WireHash => BinaryPrimitives.ReadUInt64LittleEndian(_packed.AsSpan(WireHashOffset));

    /// <summary>Whether this key may log in.</summary>
    public bool Authorizes(ReadOnlySpan<byte> keyBlob) => Contains(KeyList.AuthorizedKeys, keyBlob);

    /// <summary>Whether user certificates that this key has signed may log in.</summary>
    public bool TrustsUserCA(ReadOnlySpan<byte> keyBlob) => Contains(KeyList.TrustedUserCAKeys, keyBlob);

    /// <summary>Whether the session revokes the key with this SHA-256.</summary>
    public bool Revokes(ReadOnlySpan<byte> sha256) => Contains(KeyList.RevokedKeys, sha256);

    /// <summary>Whether the pod must not have the host key with this SHA-256, though it may have been
    /// learned.</summary>
    public bool ForgetsHostKey(ReadOnlySpan<byte> sha256) => Contains(KeyList.ForgottenHostKeys, sha256);

    /// <summary>The same entry with an equal string for its id.</summary>
    public SessionEntry WithSessionId(string sessionId) => new(sessionId, _packed);

    private static byte[] Pack(Entry entry)
    {
        using var stream = new MemoryStream(256);
        using var writer = new BinaryWriter(stream);
        writer.Write((byte)entry.State);
        writer.Write((byte)entry.Access);
        writer.Write((ushort)entry.Port);
        writer.Write(entry.ExpiresAt);
        writer.Write((ushort)entry.MaxConnections);
        writer.Write(entry.IdleTimeout);
        writer.Write(EntryHash.Compute(entry));
        writer.Write((byte)((entry.Passthrough ? PassthroughFlag : 0) | ((int)entry.Recording << RecordingShift) | (entry.Wake == Wake.Never ? WakeNeverFlag : 0)));
        WriteString(writer, entry.PodIp);
        // A pod's UID is a UUID in lower case but for pods that a kubelet makes by itself.
        if (Guid.TryParseExact(entry.PodUid, "D", out Guid uuid) && uuid.ToString("D") == entry.PodUid)
        {
            writer.Write(UuidMark);
            writer.Write(uuid.ToByteArray());
        }
        else
        {
            WriteString(writer, ByteString.CopyFromUtf8(entry.PodUid));
        }
        foreach (string text in (string[])[entry.PodName, entry.TargetUser, entry.Reason, entry.Cause])
        {
            WriteString(writer, ByteString.CopyFromUtf8(text));
        }
        WriteString(writer, entry.HostKeySha256);
        WriteKeys(writer, entry.AuthorizedKeys);
        WriteKeys(writer, entry.HostKeys);
        if (entry.TrustedUserCaKeys.Count + entry.HostCaKeys.Count
            + entry.AuthorizedPrincipals.Count + entry.RevokedKeySha256.Count + entry.ForgottenHostKeySha256.Length > 0)
        {
            WriteKeys(writer, entry.TrustedUserCaKeys);
            WriteKeys(writer, entry.HostCaKeys);
            WriteKeys(writer, [.. entry.AuthorizedPrincipals.Select(ByteString.CopyFromUtf8)]);
            WriteKeys(writer, entry.RevokedKeySha256);
            WriteKeys(writer, entry.ForgottenHostKeySha256.IsEmpty ? [] : [entry.ForgottenHostKeySha256]);
            writer.Write(Encoding.UTF8.GetBytes(entry.OwnerUser));
        }
        writer.Flush();
        return stream.ToArray();
    }

    private static void WriteString(BinaryWriter writer, ByteString bytes)
    {
        // 255 would be the mark of a UUID.
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bytes.Length, UuidMark);
        writer.Write((byte)bytes.Length);
        writer.Write(bytes.Span);
    }

    private static void WriteKeys(BinaryWriter writer, RepeatedField<ByteString> keys)
    {
        writer.Write(checked((byte)keys.Count));
        foreach (ByteString key in keys)
        {
            writer.Write(checked((ushort)key.Length));
            writer.Write(key.Span);
        }
    }

    private int OffsetOf(StringField field)
    {
        int offset = StringsOffset;
        for (StringField i = StringField.PodIp; i < field; i++)
        {
            int length = _packed[offset];
            offset += 1 + (length == UuidMark ? UuidSize : length);
        }
        return offset;
    }

    // At the end where the array ends before the list: an empty list takes no bytes there.
    private int OffsetOf(KeyList list)
    {
        int offset = OffsetOf(StringField.End);
        for (KeyList i = KeyList.AuthorizedKeys; i < list && offset < _packed.Length; i++)
        {
            for (int count = _packed[offset++]; count > 0; count--)
            {
                offset += sizeof(ushort) + KeyLength(offset);
            }
        }
        return offset;
    }

    private bool Contains(KeyList list, ReadOnlySpan<byte> keyBlob)
    {
        int offset = OffsetOf(list);
        for (int count = CountAt(ref offset); count > 0; count--)
        {
            int length = KeyLength(offset);
            offset += sizeof(ushort);
            if (_packed.AsSpan(offset, length).SequenceEqual(keyBlob))
            {
                return true;
            }
            offset += length;
        }
        return false;
    }

    private ReadOnlyMemory<byte>[] ReadKeys(KeyList list)
    {
        int offset = OffsetOf(list);
        var keys = new ReadOnlyMemory<byte>[CountAt(ref offset)];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = _packed.AsMemory(offset + sizeof(ushort), KeyLength(offset));
            offset += sizeof(ushort) + keys[i].Length;
        }
        return keys;
    }

    private int CountAt(ref int offset) => offset < _packed.Length ? _packed[offset++] : 0;

    private ReadOnlySpan<byte> Read(StringField field)
    {
        int offset = OffsetOf(field);
        return _packed.AsSpan(offset + 1, _packed[offset]);
    }

    private int KeyLength(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_packed.AsSpan(offset));
}
