using SshGateway.Proxy.Relay;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using Xunit;

namespace SshGateway.Tests.Unit.Relay;

/// <summary>Every message number, both ways, after authentication.</summary>
public sealed class RelayRulesTests
{
    public static TheoryData<int> Numbers => [.. Enumerable.Range(0, 256)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void What_becomes_of_each_message_of_the_client(int number)
    {
        Disposition expected = number switch
        {
            // UNIMPLEMENTED may be the answer to a keepalive.
            3 => Disposition.SignalLife,
            // DISCONNECT, IGNORE, DEBUG, EXT_INFO: the leg's own.
            1 or 2 or 4 or 7 => Disposition.Transport,
            // Key exchange.
            >= 20 and <= 49 => Disposition.Transport,
            // RFC 4252 section 5.1: requests after the success are ignored.
            50 => Disposition.Drop,
            >= 80 and <= 100 => Disposition.Relay,
            192 or 193 => Disposition.Transport,
            // RFC 4253 section 11.4: everything else is answered with UNIMPLEMENTED.
            _ => Disposition.Unimplemented,
        };
        Assert.Equal(expected, RelayRules.FromClient(Packet((byte)number)));
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void What_becomes_of_each_message_of_the_pod(int number)
    {
        Disposition expected = number switch
        {
            3 => Disposition.SignalLife,
            1 or 2 or 4 or 7 => Disposition.Transport,
            >= 20 and <= 49 => Disposition.Transport,
            // A server sends nothing of the authentication any more.
            >= 50 and <= 79 => Disposition.Violation,
            >= 80 and <= 100 => Disposition.Relay,
            192 or 193 => Disposition.Transport,
            _ => Disposition.Unimplemented,
        };
        Assert.Equal(expected, RelayRules.FromPod(Packet((byte)number)));
    }

    [Theory]
    [InlineData("hostkeys-00@openssh.com", Disposition.Drop)]
    [InlineData("hostkeys-prove-00@openssh.com", Disposition.Relay)]
    [InlineData("hostkeys-00@openssh.com\0", Disposition.Drop)]
    [InlineData("hostkeys-00@openssh.com\0\0", Disposition.Relay)]
    [InlineData("hostkeys-00@openssh.co", Disposition.Relay)]
    [InlineData("hostkeys-00@openssh.comm", Disposition.Relay)]
    [InlineData("keepalive@openssh.com", Disposition.Relay)]
    [InlineData("", Disposition.Relay)]
    internal void Of_the_pods_global_requests_only_the_announcement_of_its_host_keys_is_dropped(string name, Disposition expected)
    {
        byte[] request = SshWriter.Message(MessageNumber.GlobalRequest).WriteString(name).WriteBoolean(false).WriteString("key").ToArray();
        Assert.Equal(expected, RelayRules.FromPod(Packet(request)));
        Assert.Equal(Disposition.Relay, RelayRules.FromClient(Packet(request)));
    }

    [Fact]
    public void The_same_bytes_in_another_message_are_relayed() => Assert.Equal(
        Disposition.Relay, RelayRules.FromPod(Packet(SshWriter.Message(94).WriteString("hostkeys-00@openssh.com").ToArray())));

    private static InboundPacket Packet(params byte[] payload)
    {
        byte[] buffer = [0, 0, 0, 0, 4, .. payload, 0, 0, 0, 0];
        return new InboundPacket(buffer, bodyStart: 4, bodyLength: 1 + payload.Length + 4, payload.Length, sequence: 0);
    }
}
