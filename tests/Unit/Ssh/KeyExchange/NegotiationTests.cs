using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

/// <summary>RFC 4253 section 7.1.</summary>
public sealed class NegotiationTests
{
    // On every machine the same ones in front, also where there is ML-KEM.
    private static readonly KexOffer Own = LegPair.Everything with { KexAlgorithms = [.. KeyExchangeAlgorithm.All.SkipWhile(kex => kex.Name != "curve25519-sha256")] };

    [Fact]
    public void As_the_server_the_first_of_the_client_that_we_have_wins()
    {
        Negotiation agreed = AsServer(new KexInitText
        {
            Kex = "sntrup761x25519-sha512@openssh.com,diffie-hellman-group14-sha256,curve25519-sha256",
            HostKeys = "ssh-rsa,rsa-sha2-256,ssh-ed25519",
            CiphersToServer = "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com",
            CiphersToClient = "3des-cbc,aes256-ctr,aes128-gcm@openssh.com",
            MacsToServer = "umac-64@openssh.com",
            MacsToClient = "hmac-sha1,hmac-sha2-512,hmac-sha2-256-etm@openssh.com",
        });
        Assert.Equal("diffie-hellman-group14-sha256", agreed.Kex.Name);
        Assert.Equal("rsa-sha2-256", agreed.HostKeyAlgorithm);
        Assert.Equal("chacha20-poly1305@openssh.com", agreed.CipherClientToServer.Name);
        Assert.Equal("aes256-ctr", agreed.CipherServerToClient.Name);
        Assert.Null(agreed.MacClientToServer);
        Assert.Equal("hmac-sha2-512", agreed.MacServerToClient!.Name);
    }

    [Fact]
    public void As_the_client_the_first_of_ours_that_the_server_has_wins()
    {
        Negotiation agreed = Negotiation.Run(
            Own,
            KexInitMessage.Parse(new KexInitText
            {
                Kex = "diffie-hellman-group14-sha256,ecdh-sha2-nistp256",
                HostKeys = "rsa-sha2-256,rsa-sha2-512",
                CiphersToServer = "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
                CiphersToClient = "aes256-ctr,aes128-ctr",
                MacsToServer = "none",
                MacsToClient = "hmac-sha2-512,hmac-sha2-256",
            }.ToPayload()),
            weAreServer: false);
        Assert.Equal("ecdh-sha2-nistp256", agreed.Kex.Name);
        Assert.Equal("rsa-sha2-512", agreed.HostKeyAlgorithm);
        Assert.Equal("aes256-gcm@openssh.com", agreed.CipherClientToServer.Name);
        Assert.Equal("aes128-ctr", agreed.CipherServerToClient.Name);
        Assert.Null(agreed.MacClientToServer);
        Assert.Equal("hmac-sha2-256", agreed.MacServerToClient!.Name);
    }

    [Fact]
    public void With_an_AEAD_cipher_the_MAC_lists_do_not_matter()
    {
        Negotiation agreed = AsServer(new KexInitText { MacsToServer = "", MacsToClient = "none" });
        Assert.Null(agreed.MacClientToServer);
        Assert.Null(agreed.MacServerToClient);
    }

    // The guess is right when both sides list the same method and the same host key algorithm first.
    [Theory]
    [InlineData(false, "curve25519-sha256", "ssh-ed25519", false)]
    [InlineData(false, "ecdh-sha2-nistp256", "ssh-ed25519", false)]
    [InlineData(true, "curve25519-sha256", "ssh-ed25519", false)]
    [InlineData(true, "curve25519-sha256@libssh.org,curve25519-sha256", "ssh-ed25519", true)]
    [InlineData(true, "unknown,curve25519-sha256", "ssh-ed25519", true)]
    [InlineData(true, "curve25519-sha256", "rsa-sha2-512,ssh-ed25519", true)]
    [InlineData(true, "curve25519-sha256", "unknown,ssh-ed25519", true)]
    public void Exactly_a_wrong_guess_is_ignored(bool follows, string kex, string hostKeys, bool ignored) =>
        Assert.Equal(ignored, AsServer(new KexInitText { Kex = kex, HostKeys = hostKeys, FirstKexPacketFollows = follows }).IgnoreNextKexPacket);

    public static TheoryData<string> NothingInCommon => ["kex", "hostkey", "cipher-up", "cipher-down", "mac-up", "mac-down", "compression-up", "compression-down"];

    [Theory]
    [MemberData(nameof(NothingInCommon))]
    public void With_nothing_in_common_the_message_says_what_and_what_we_have(string list)
    {
        (KexInitText text, string[] words) = list switch
        {
            "kex" => (new KexInitText { Kex = "diffie-hellman-group1-sha1" }, new[] { "key exchange method", "curve25519-sha256" }),
            "hostkey" => (new KexInitText { HostKeys = "ssh-rsa,ssh-dss" }, ["host key algorithm", "rsa-sha2-512"]),
            "cipher-up" => (new KexInitText { CiphersToServer = "3des-cbc" }, ["cipher from the client", "aes128-gcm@openssh.com"]),
            "cipher-down" => (new KexInitText { CiphersToClient = "" }, ["cipher to the client", "aes256-ctr"]),
            "mac-up" => (new KexInitText { CiphersToServer = "aes128-ctr", MacsToServer = "hmac-md5" }, ["MAC from the client", "hmac-sha2-256"]),
            "mac-down" => (new KexInitText { CiphersToClient = "aes128-ctr", MacsToClient = "" }, ["MAC to the client", "hmac-sha2-512"]),
            "compression-up" => (new KexInitText { CompressionToServer = "zlib@openssh.com" }, ["compression from the client", "none"]),
            _ => (new KexInitText { CompressionToClient = "zlib" }, ["compression to the client", "none"]),
        };
        SshProtocolException failure = Assert.Throws<KeyExchangeException>(() => AsServer(text));
        Assert.Equal(DisconnectReason.KeyExchangeFailed, failure.Reason);
        Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
    }

    // The markers are no methods: a client that offers only them has offered nothing.
    [Fact]
    public void Extension_markers_are_never_chosen() =>
        Assert.Throws<KeyExchangeException>(() => AsServer(new KexInitText { Kex = "ext-info-c,kex-strict-c-v00@openssh.com" }));

    private static Negotiation AsServer(KexInitText client) => Negotiation.Run(Own, KexInitMessage.Parse(client.ToPayload()), weAreServer: true);
}
