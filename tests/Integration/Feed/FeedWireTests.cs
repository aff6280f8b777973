using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Operator.Feed;
using SshGateway.Operator.Table;
using Xunit;

namespace SshGateway.Tests.Integration.Feed;

/// <summary>The bytes of each message: what an operator or a proxy of another version must still understand.</summary>
public sealed class FeedWireTests
{
    // session_id "abc12", namespace "ns", READY, ENABLED, pod "p", uid "u", 10.0.0.1, port 2222, user "claude",
    // key 01 02, host key 03, expires 1000000000, reason "R".
    private const string EntryHex =
        "0A056162633132" + "12026E73" + "1801" + "2001" + "2A0170" + "320175" + "3A040A000001" + "40AE11" + "4A06636C61756465"
        + "52020102" + "5A0103" + "608094EBDC03" + "6A0152";

    private static readonly (IMessage Message, string Hex)[] Messages =
    [
        (new ProxyMessage { Hello = new Hello { ProxyId = "p", Version = "1" } }, "0A06" + "0A0170" + "120131"),
        (new ProxyMessage
        {
            Hello = new Hello { ProxyId = "p", Minimum = Read("a", 300, 5), Have = new TableState { Epoch = "e", Sequence = 7, Count = 2, Hash = 0x0102030405060708 } },
        },
            "0A21" + "0A0170" + "1A0A" + "0A08" + "0A0161" + "10AC02" + "1805" + "2210" + "0A0165" + "1007" + "1802" + "210807060504030201"),
        (new ProxyMessage { Applied = new Applied { Sequence = 7 } }, "1202" + "0807"),
        (new ProxyMessage { Activity = new Activity { Sessions = { new SessionActivity { SessionId = "a", Connections = 2, LastActivity = 300 } }, Full = true } },
            "1A0C" + "0A08" + "0A0161" + "1002" + "18AC02" + "1001"),
        // It ends: nothing but its name, for 0 is what a field has that is left out.
        (new ProxyMessage { Activity = new Activity { Sessions = { new SessionActivity { SessionId = "a" } } } }, "1A05" + "0A03" + "0A0161"),
        (new ProxyMessage { Activity = new Activity { Wanted = new Wanted { Sessions = { new WantedSession { SessionId = "a", Since = 300 } } } } },
            "1A0A" + "3208" + "0A06" + "0A0161" + "10AC02"),
        // Nobody waits any more; without the field there would be nothing to say of it.
        (new ProxyMessage { Activity = new Activity { Wanted = new Wanted() } }, "1A02" + "3200"),
        (new ProxyMessage { HostKeyMismatch = new HostKeyMismatch { SessionId = "a", PodUid = "u", Reason = "HostKeyMismatch", HostKeyFingerprint = "SHA256:x" } },
            "2221" + "0A0161" + "120175" + "1A0F" + "486F73744B65794D69736D61746368" + "2208" + "5348413235363A78"),
        (new ProxyMessage { LearnedHostKey = new LearnedHostKey { SessionId = "a", PodUid = "u", Key = ByteString.CopyFrom(1, 2) } },
            "2A0A" + "0A0161" + "120175" + "1A020102"),
        (new FeedMessage { Delta = new Delta { Upserts = { new Entry { SessionId = "a", HostKeySha256 = ByteString.CopyFrom([.. Enumerable.Range(0, 32).Select(i => (byte)i)]) } } } },
            "1A28" + "0A26" + "0A0161" + "A20120" + "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"),
        (new FeedMessage { Delta = new Delta { Upserts = { new Entry { SessionId = "a", ForgottenHostKeySha256 = ByteString.CopyFrom([.. Enumerable.Range(0, 32).Select(i => (byte)i)]) } } } },
            "1A28" + "0A26" + "0A0161" + "C20120" + "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"),
        // Without a port, which a proxy that does not know field 25 refuses.
        (new FeedMessage { Delta = new Delta { Upserts = { new Entry { SessionId = "a", Exec = new ExecPod { Container = "c", Shell = "/s", SftpServer = "/f", AcceptEnv = { "A", "B" } } } } } },
            "1A19" + "0A17" + "0A0161" + "CA0111" + "0A0163" + "12022F73" + "1A022F66" + "220141" + "220142"),
        (new FeedMessage { Snapshot = new SnapshotChunk { Entries = { Sample() }, Versions = Read("a", 1, 2) } },
            "0A43" + "0A36" + EntryHex + "1209" + "0A07" + "0A0161" + "1001" + "1802"),
        (new FeedMessage { Snapshot = new SnapshotChunk() }, "0A00"),
        (new FeedMessage { SyncComplete = new SyncComplete { Epoch = "e", Sequence = 7, Count = 2, Hash = 0xFFEEDDCCBBAA9988, Versions = Read("", 1, 0) } },
            "1216" + "0A0165" + "1007" + "1802" + "218899AABBCCDDEEFF" + "2A04" + "0A02" + "1001"),
        (new FeedMessage { Delta = new Delta { Upserts = { new Entry { SessionId = "a" } }, Removals = { new Removal { SessionId = "b", PodUid = "u" } }, Sequence = 7, Versions = new Versions() } },
            "1A11" + "0A03" + "0A0161" + "1206" + "0A0162" + "120175" + "1807" + "2200"),
        (new FeedMessage { Heartbeat = new Heartbeat { Sequence = 7, Count = 2, Hash = 1 } }, "220D" + "0807" + "1002" + "190100000000000000"),
        (new FeedMessage { GoAway = new GoAway { Reason = GoAwayReason.Behind, RetryAfter = 500 } }, "2A05" + "0803" + "10F403"),
    ];

    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, Messages.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_message_has_these_bytes(int number)
    {
        (IMessage message, string hex) = Messages[number];

        Assert.Equal(hex, Convert.ToHexString(message.ToByteArray()));
        Assert.Equal(message, message.Descriptor.Parser.ParseFrom(Convert.FromHexString(hex)));
    }

    // Made by: printf '<hex>' | xxd -r -p | sha256sum | cut -c 1-16
    [Theory]
    [InlineData("0A0161", 0x23DCA2A742961237)]
    [InlineData("", 0xE3B0C44298FC1C14)]
    public void An_entrys_hash_is_the_beginning_of_its_sha256(string hex, ulong hash)
    {
        Assert.Equal(hash, EntryHash.Compute(Convert.FromHexString(hex)));
        Assert.Equal(hash, EntryHash.Compute(Entry.Parser.ParseFrom(Convert.FromHexString(hex))));
    }

    [Fact]
    public void Fields_of_the_future_count_in_an_entrys_hash()
    {
        // Field 1000, which nobody knows yet, behind those that are known.
        byte[] wire = Convert.FromHexString(EntryHex + "C23E0178");

        Assert.Equal(EntryHash.Compute(wire), EntryHash.Compute(Entry.Parser.ParseFrom(wire)));
    }

    [Fact]
    public void A_tables_hash_does_not_depend_on_the_order_nor_on_the_past()
    {
        TableEntry[] entries = [.. Enumerable.Range(0, 10).Select(i => Serialized(new Entry { SessionId = $"s{i}" }))];
        var one = new EndpointTable();
        one.Apply(entries, [], default);
        var other = new EndpointTable();
        foreach (TableEntry entry in entries.Reverse())
        {
            other.Apply([Serialized(new Entry { SessionId = entry.SessionId, Port = 7 })], [], default);
            other.Apply([entry], ["s77"], default);
        }
        other.Apply([Serialized(new Entry { SessionId = "s77" })], [], default);
        other.Apply([], ["s77"], default);

        Assert.Equal((one.Position.Count, one.Position.Hash), (other.Position.Count, other.Position.Hash));
        Assert.Equal(entries.Aggregate(0UL, (sum, entry) => unchecked(sum + entry.Hash)), one.Position.Hash);
        other.Apply([], [.. entries.Select(e => e.SessionId)], default);
        Assert.Equal((0UL, 0UL), (other.Position.Count, other.Position.Hash));
    }

    [Fact]
    public void Frames_around_serialized_entries_are_what_protobuf_would_write()
    {
        var frames = new FeedFrames();
        Versions versions = Read("ns", 300, 1);
        frames.AddSnapshotEntry(Serialized(Sample()));
        Assert.Equal(
            new FeedMessage { Snapshot = new SnapshotChunk { Entries = { Sample() }, Versions = versions } }.ToByteArray(), frames.TakeSnapshotChunk(versions).ToArray());

        frames.AddChange("abc12", new PendingChange(null, Serialized(Sample())));
        frames.AddChange("b", new PendingChange(new TableEntry("b", "u", default), null));
        frames.AddChange("c", new PendingChange(null, null));
        Assert.Equal(
            new FeedMessage { Delta = new Delta { Upserts = { Sample() }, Removals = { new Removal { SessionId = "b", PodUid = "u" } }, Sequence = 300, Versions = versions } }.ToByteArray(),
            frames.TakeDelta(300, versions).ToArray());
    }

    private static Versions Read(string ofNamespace, ulong sessions, ulong pods) =>
        new() { Namespaces = { new NamespaceVersions { Namespace = ofNamespace, Sessions = sessions, Pods = pods } } };

    private static TableEntry Serialized(Entry entry) => new(entry.SessionId, entry.PodUid, entry.ToByteArray());

    private static Entry Sample() => new()
    {
        SessionId = "abc12",
        Namespace = "ns",
        State = EndpointState.Ready,
        Access = Access.Enabled,
        PodName = "p",
        PodUid = "u",
        PodIp = ByteString.CopyFrom(10, 0, 0, 1),
        Port = 2222,
        TargetUser = "claude",
        AuthorizedKeys = { ByteString.CopyFrom(1, 2) },
        HostKeys = { ByteString.CopyFrom(3) },
        ExpiresAt = 1_000_000_000,
        Reason = "R",
    };
}
