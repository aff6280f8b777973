using SshGateway.Ssh.Ciphers;
using SshGateway.Ssh.KeyExchange;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Ssh;
using Xunit;

namespace SshGateway.Tests.Unit.Ssh.KeyExchange;

public sealed class KexInitMessageTests
{
    [Fact]
    public void Every_list_is_read_in_the_order_of_RFC_4253_section_7_1()
    {
        KexInitMessage message = KexInitMessage.Parse(new KexInitText
        {
            Kex = "k1,k2",
            HostKeys = "h",
            CiphersToServer = "c1",
            CiphersToClient = "c2",
            MacsToServer = "m1",
            MacsToClient = "m2",
            CompressionToServer = "z1",
            CompressionToClient = "z2",
            FirstKexPacketFollows = true,
        }.ToPayload());
        Assert.Equal(["k1", "k2"], message.KexAlgorithms);
        Assert.Equal(["h"], message.HostKeyAlgorithms);
        Assert.Equal(["c1"], message.CiphersClientToServer);
        Assert.Equal(["c2"], message.CiphersServerToClient);
        Assert.Equal(["m1"], message.MacsClientToServer);
        Assert.Equal(["m2"], message.MacsServerToClient);
        Assert.Equal(["z1"], message.CompressionClientToServer);
        Assert.Equal(["z2"], message.CompressionServerToClient);
        Assert.True(message.FirstKexPacketFollows);
    }

    [Fact]
    public void Ours_lists_every_algorithm_and_the_markers_behind_the_methods()
    {
        byte[] payload = KexInitMessage.Write(LegPair.Everything, [ExtensionMarker.StrictServer]);
        KexInitMessage message = KexInitMessage.Parse(payload);
        Assert.Equal([.. KeyExchangeAlgorithm.All.Select(kex => kex.Name), "kex-strict-s-v00@openssh.com"], message.KexAlgorithms);
        Assert.Equal(LegPair.AllHostKeyAlgorithms, message.HostKeyAlgorithms);
        string[] ciphers = [.. CipherAlgorithm.All.Select(cipher => cipher.Name)];
        Assert.Equal(ciphers, message.CiphersClientToServer);
        Assert.Equal(ciphers, message.CiphersServerToClient);
        string[] macs = [.. MacAlgorithm.All.Select(mac => mac.Name)];
        Assert.Equal(macs, message.MacsClientToServer);
        Assert.Equal(macs, message.MacsServerToClient);
        Assert.Equal(["none"], message.CompressionClientToServer);
        Assert.Equal(["none"], message.CompressionServerToClient);
        Assert.False(message.FirstKexPacketFollows);
        Assert.NotEqual(payload[1..17], KexInitMessage.Write(LegPair.Everything, [])[1..17]);
    }

    [Fact]
    public void An_empty_list_has_no_names() =>
        Assert.Empty(KexInitMessage.Parse(new KexInitText { MacsToServer = "" }.ToPayload()).MacsClientToServer);

    [Fact]
    public void Up_to_256_names_are_read_and_more_are_refused()
    {
        Assert.Equal(256, KexInitMessage.Parse(new KexInitText { Kex = Names(256) }.ToPayload()).KexAlgorithms.Count);
        Assert.Throws<SshFormatException>(() => KexInitMessage.Parse(new KexInitText { Kex = Names(257) }.ToPayload()));
        Assert.Throws<SshFormatException>(() => KexInitMessage.Parse(new KexInitText { CompressionToClient = Names(300) }.ToPayload()));
    }

    [Theory]
    [InlineData("curve25519-sha256,ü")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0b")]
    [InlineData("\x7f")]
    public void Names_that_are_not_printable_ASCII_are_refused(string names) =>
        Assert.Throws<SshFormatException>(() => KexInitMessage.Parse(new KexInitText { HostKeys = names }.ToPayload()));

    [Fact]
    public void Every_truncation_and_every_tail_is_refused()
    {
        byte[] payload = new KexInitText().ToPayload();
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.Throws<SshFormatException>(() => KexInitMessage.Parse(payload.AsSpan(0, length)));
        }
        Assert.Throws<SshFormatException>(() => KexInitMessage.Parse([.. payload, 0]));
    }

    [Fact]
    public void Another_message_is_refused() =>
        Assert.Throws<SshFormatException>(() => KexInitMessage.Parse([MessageNumber.NewKeys, .. new KexInitText().ToPayload()[1..]]));

    private static string Names(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"n{i}"));
}
