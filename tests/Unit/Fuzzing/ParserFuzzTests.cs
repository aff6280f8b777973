using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using SshGateway.Feed;
using SshGateway.Proxy.Authentication;
using SshGateway.Proxy.Listening;
using SshGateway.Proxy.Passthrough;
using SshGateway.Proxy.Recording;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Authentication;
using SshGateway.Ssh.Certificates;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Revocation;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Fuzzing;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Recording;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Unit.Fuzzing;

/// <summary>Every parser of what a peer sends: damaged input is read or refused, and nothing else happens.</summary>
public sealed class ParserFuzzTests
{
    private static readonly string[] KeyTypes =
        [SshKeyTypes.Ed25519, SshKeyTypes.Rsa, SshKeyTypes.EcdsaP256, SshKeyTypes.EcdsaP384, SshKeyTypes.EcdsaP521];

    private static readonly Lazy<SshPrivateKey[]> Keys = new(() => [.. KeyTypes.Select(PrivateKeys.Generate)]);

    private static readonly Lazy<SecurityKey[]> SecurityKeys = new(() => [new(SshKeyTypes.SecurityKeyEd25519), new(SshKeyTypes.SecurityKeyEcdsaP256)]);

    private static readonly int[] PayloadLengths = [1, 100, 3000];

    private static readonly byte[] SessionId = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void Packets_in_the_clear() => FuzzPackets("packet", PacketProtection.Find("none", ""));

    // Decrypted to noise where there is no MAC before the length: lengths and padding of any value.
    [Fact]
    public void Packets_with_an_encrypted_length() => FuzzPackets("packet aes128-ctr", PacketProtection.Find("aes128-ctr", "hmac-sha2-256"));

    [Fact]
    public void Packets_with_chacha20() => FuzzPackets("packet chacha20", PacketProtection.Find("chacha20-poly1305@openssh.com", ""));

    [Fact]
    public void PROXY_headers() => FuzzRun.Parse(
        "proxy header",
        [
            "PROXY TCP4 192.0.2.7 198.51.100.1 56324 2222\r\nSSH-2.0-x\r\n"u8.ToArray(),
            "PROXY TCP6 2001:db8::7 2001:db8::1 56324 2222\r\n"u8.ToArray(),
            "PROXY UNKNOWN\r\n"u8.ToArray(),
            Hex.Bytes("0d0a0d0a000d0a515549540a 2111000c c0000207 c6336401 dc04 08ae"),
            Hex.Bytes("0d0a0d0a000d0a515549540a 21110016 c0000207 c6336401 dc04 08ae 040001ff 020003 616263"),
            Hex.Bytes("0d0a0d0a000d0a515549540a 20000000"),
        ],
        bytes => Assert.InRange(ProxyHeaderParser.TryParse(bytes, 4096)?.Length ?? 0, 0, bytes.Length),
        problem => problem is PrefaceException);

    [Fact]
    public void CONNECT_requests() => FuzzRun.Parse(
        "connect",
        [
            "CONNECT abc12:22 HTTP/1.1\r\nHost: abc12:22\r\nUser-Agent: x\r\n\r\n"u8.ToArray(),
            "CONNECT abc12 HTTP/1.0\r\n\r\nSSH-2.0-x\r\n"u8.ToArray(),
        ],
        bytes =>
        {
            if (ConnectRequest.FindHead(bytes) is > 0 and int length)
            {
                // The fuzzer counts exceptions as refusals.
                if (!ConnectRequest.TryParse(bytes.AsSpan(0, length), out _, out _))
                {
                    throw new FormatException();
                }
            }
        },
        exception => exception is FormatException);

    [Fact]
    public void Identification_lines() => FuzzRun.Parse(
        "identification",
        ["SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n"u8.ToArray(), "SSH-1.99-old\n"u8.ToArray()],
        bytes =>
        {
            using var input = new PacketInput(new MemorySocket(bytes));
            while (Wait(input.FillAsync()))
            {
                while (input.TryReadLine(255) is { } line)
                {
                    Identification.Check(line);
                }
            }
        },
        IsRefusal);

    [Fact]
    public void KEXINIT() => FuzzRun.Parse(
        "kexinit",
        [KexInitMessage.Write(LegPair.Everything, [ExtensionMarker.StrictClient]), new KexInitText().ToPayload()],
        bytes => Negotiation.Run(LegPair.Everything, KexInitMessage.Parse(bytes), weAreServer: true),
        IsRefusal);

    [Fact]
    public void Authentication_requests() => FuzzRun.Parse(
        "userauth",
        [
            AuthMessages.None("abc12"),
            AuthMessages.Password("abc12"),
            .. Keys.Value.Select(key => AuthMessages.Query("abc12", key)),
            .. Keys.Value.Select(key => AuthMessages.Signed(SessionId, "abc12", key, key, null)),
            .. Keys.Value.Select(key => AuthMessages.Signed(SessionId, "abc12", key, key, key.PublicKey.Blob.ToArray())),
        ],
        bytes =>
        {
            UserAuthRequest request = UserAuthRequest.Parse(bytes);
            bool hostbound = request.Method.SequenceEqual("publickey-hostbound-v00@openssh.com"u8);
            if (!hostbound && !request.Method.SequenceEqual("publickey"u8))
            {
                return;
            }

            PublicKeyRequest key = PublicKeyRequest.Parse(bytes, request.MethodFields, hostbound);
            if (key.Algorithm is not null && PresentedKey.Parse(key.Algorithm, key.KeyBlob) is var presented && key.Signature is not null)
            {
                SignatureVerifier.Verify(presented.Key, key.Algorithm.Signature, key.Signature, key.SignedPart, UserCertificateRules.RequiredFlags(presented.Certificate));
            }
        },
        IsRefusal);

    [Fact]
    public void Certificates()
    {
        SshPrivateKey ca = Keys.Value[0];
        SessionEntry session = Sessions.Entry("abc12", userCAs: [ca.PublicKey]);
        FuzzRun.Parse(
            "certificate",
            [
                .. Keys.Value.Select(key => new Certificate(key.PublicKey, ca).ToBlob()),
                .. SecurityKeys.Value.Select(key => new Certificate(key.PublicKey, ca) { CriticalOptions = [("verify-required", null)] }.ToBlob()),
                new Certificate(ca.PublicKey, Keys.Value[1]) { Principals = [], Extensions = [] }.ToBlob(),
                new Certificate(ca.PublicKey, ca) { CriticalOptions = [("force-command", "true"), ("source-address", "127.0.0.1/32,2001:db8::/32")] }.ToBlob(),
            ],
            bytes =>
            {
                SshCertificate certificate = SshCertificate.Parse(bytes);
                _ = certificate.IsSigned();
                _ = UserCertificateRules.RequiredFlags(certificate);
                _ = UserCertificateRules.FindProblem(certificate, session, IPAddress.Loopback, DateTimeOffset.UnixEpoch);
                _ = $"{certificate}";
            },
            IsRefusal);
    }

    [Fact]
    public void Host_certificates() => FuzzRun.Parse(
        "host certificate",
        [.. Keys.Value.Select(key => Line(new Certificate(key.PublicKey, Keys.Value[0]) { Type = CertificateType.Host, Extensions = [] }))],
        bytes =>
        {
            HostCertificate certificate = HostCertificate.ParseLine(Encoding.Latin1.GetString(bytes));
            _ = certificate.ProblemAt(DateTimeOffset.UnixEpoch);
            _ = $"{certificate}";
        },
        IsRefusal);

    [Fact]
    public void Revocation_lists() => FuzzRun.Parse(
        "revocation list",
        [
            new Krl().Certificates(Keys.Value[0].PublicKey.Blob.ToArray(), Krl.Serials(1, 7), Krl.Range(10, 20), Krl.Bitmap(100, [0x55, 0xaa]), Krl.KeyIds("alice", "bob")).ToArray(),
            new Krl().Certificates([], Krl.KeyIds("carol"), Krl.CertificateExtension("x@example.com", false)).Extension("y@example.com", false).ToArray(),
            new Krl().Keys(Keys.Value[1].PublicKey.Blob.ToArray()).Sha1(new byte[20]).Sha256(new byte[32]).Signature().ToArray(),
        ],
        bytes => _ = RevocationList.Parse(bytes).FindReason(Keys.Value[0].PublicKey, new Certificate(Keys.Value[0].PublicKey, Keys.Value[0]).Parse()),
        IsRefusal);

    [Fact]
    public void Revoked_key_lines() => FuzzRun.Parse(
        "revoked key lines",
        [
            .. Keys.Value.Select(key => Encoding.ASCII.GetBytes($"# a comment\n{key.PublicKey} a comment\n{key.PublicKey.Fingerprint}\n")),
            Line(new Certificate(Keys.Value[0].PublicKey, Keys.Value[0])),
        ],
        bytes => _ = RevocationList.Parse(bytes).FindReason(Keys.Value[0].PublicKey, null),
        IsRefusal);

    // A recorder reads what peers say to each other, and must not disturb them: it refuses nothing.
    [Fact]
    public void Channel_messages()
    {
        using var metrics = new RecordingMetrics();
        SessionEntry session = Sessions.Entry("abc12", recording: RecordingMode.All);
        var options = new RecordingOptions { Directory = "/nowhere", RecordInput = true };
        using var writer = new RecordingWriter(options, metrics, TimeProvider.System, NullLogger<RecordingWriter>.Instance);
        byte[][] shell =
        [
            ChannelMessages.Open(0), ChannelMessages.Confirm(0, 7), ChannelMessages.Terminal(7), ChannelMessages.Shell(7), ChannelMessages.Data(0, "grüße\r\n"),
            ChannelMessages.Data(7, "ls\r"), ChannelMessages.Resize(7, 132, 50), ChannelMessages.Error(0, "no"), ChannelMessages.Status(0, 3), ChannelMessages.Close(0),
            ChannelMessages.Close(7),
        ];
        byte[][] command =
        [
            ChannelMessages.Open(1, "direct-tcpip"), ChannelMessages.Open(2), ChannelMessages.Confirm(2, 1), ChannelMessages.Execute(1, "ls"), ChannelMessages.Fail(1),
            ChannelMessages.Data(2, "x"),
        ];
        FuzzRun.Parse(
            "channel messages",
            [[.. shell.SelectMany(Frame)], [.. command.SelectMany(Frame)]],
            bytes =>
            {
                using var connection = new ConnectionRecording("id", session, options, writer, metrics, TimeProvider.System, NullLogger.Instance);
                int number = 0;
                for (int at = 0; at + 2 < bytes.Length; number++)
                {
                    int length = Math.Clamp(bytes[at] | (bytes[at + 1] << 8), 1, bytes.Length - at - 2);
                    ReadOnlySpan<byte> message = bytes.AsSpan(at + 2, length);
                    // Replies and output come from the pod; the rest of both.
                    if (number % 3 == 0)
                    {
                        connection.FromClient(message);
                        connection.FromPod(message);
                    }
                    else
                    {
                        connection.FromPod(message);
                        connection.FromClient(message);
                    }
                    at += 2 + length;
                }
                int unreadable = connection.Unreadable;
                connection.Fail("it is over");
                writer.Remove(connection);
                if (unreadable > 0)
                {
                    throw new SshFormatException("unreadable");
                }
            },
            IsRefusal);
    }

    private static IEnumerable<byte> Frame(byte[] message) => [(byte)message.Length, (byte)(message.Length >> 8), .. message];

    [Fact]
    public void Public_keys() => FuzzRun.Parse(
        "public key",
        [.. Keys.Value.Select(key => key.PublicKey.Blob.ToArray()), .. SecurityKeys.Value.Select(key => key.PublicKey.Blob.ToArray())],
        bytes => _ = SshPublicKey.Parse(bytes).ToString(),
        IsRefusal);

    [Fact]
    public void Public_key_lines() => FuzzRun.Parse(
        "public key line",
        [.. Keys.Value.Select(key => Encoding.ASCII.GetBytes($"{key.PublicKey} a comment"))],
        bytes => _ = SshPublicKey.ParseLine(Encoding.Latin1.GetString(bytes)).Fingerprint,
        IsRefusal);

    // The key is a good one, so that every input reaches the code behind it.
    [Fact]
    public void Signatures() => FuzzRun.Parse(
        "signature",
        [
            .. Keys.Value.SelectMany(key => SignatureAlgorithm.OfKeyType(key.PublicKey.Type).Select(algorithm => key.Sign(algorithm, SessionId))),
            .. SecurityKeys.Value.Select(key => key.Sign(SessionId)),
        ],
        bytes =>
        {
            foreach (SshPrivateKey key in Keys.Value)
            {
                foreach (SignatureAlgorithm algorithm in SignatureAlgorithm.OfKeyType(key.PublicKey.Type))
                {
                    SignatureVerifier.Verify(key.PublicKey, algorithm, bytes, SessionId);
                }
            }

            foreach (SecurityKey key in SecurityKeys.Value)
            {
                SignatureVerifier.Verify(key.PublicKey, key.Algorithm, bytes, SessionId);
            }
        },
        IsRefusal);

    // And the other way round: keys that parse, but are no points or no moduli.
    [Fact]
    public void Signatures_by_damaged_keys()
    {
        (byte[] Signature, SignatureAlgorithm Algorithm)[] signatures =
            [.. Keys.Value.Select(key => (key.Sign(SessionId), key.PreferredAlgorithm))];
        FuzzRun.Parse(
            "signature by a damaged key",
            [.. Keys.Value.Select(key => key.PublicKey.Blob.ToArray())],
            bytes =>
            {
                SshPublicKey key = SshPublicKey.Parse(bytes);
                foreach ((byte[] signature, SignatureAlgorithm algorithm) in signatures)
                {
                    SignatureVerifier.Verify(key, algorithm, signature, SessionId);
                }
            },
            IsRefusal);
    }

    [Fact]
    public void Key_files() => FuzzRun.Parse(
        "key file",
        [.. Keys.Value.Select(key => Encoding.ASCII.GetBytes(OpenSshKeyFile.Format(key, "a comment")))],
        // As the file is read: OpenSshKeyFile.Parse with a path takes these as refusals too.
        bytes => OpenSshKeyFile.Parse(bytes).Dispose(),
        problem => IsRefusal(problem) || problem is System.Security.Cryptography.CryptographicException);

    private static byte[] Line(Certificate certificate) => Encoding.ASCII.GetBytes($"{certificate.TypeName} {Convert.ToBase64String(certificate.ToBlob())} host\n");

    private static void FuzzPackets(string name, PacketProtection protection) =>
        FuzzRun.Parse(
            name,
            [.. PayloadLengths.Select(length => protection.Seal([.. Enumerable.Range(0, length).Select(i => (byte)(94 + i))], 0))],
            bytes =>
            {
                using var input = new PacketInput(new MemorySocket(bytes));
                input.Rekey(protection.CreateOpener(), resetSequence: false);
                while (Wait(input.FillAsync()))
                {
                    while (input.TryRead(out InboundPacket packet))
                    {
                        Assert.InRange(packet.Payload.Length, 1, bytes.Length);
                    }
                }
            },
            IsRefusal);

    // MemorySocket never waits.
    private static bool Wait(ValueTask<bool> filled) => filled.IsCompleted ? filled.Result : throw new InvalidOperationException("a read that waits");

    private static bool IsRefusal(Exception problem) => problem is SshFormatException or SshProtocolException;
}
