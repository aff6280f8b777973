using Google.Protobuf;
using SshGateway.Feed;
using SshGateway.Operator.TarsApi;

namespace SshGateway.Tests.Integration.TarsApi;

/// <summary>
/// What an old client is told of a session in each state: an address only when a login would go there now.
/// </summary>
public sealed class PodAnswerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1000);

    [Theory]
    [InlineData(EndpointState.Ready, Access.Enabled, 0, "", "running")]
    [InlineData(EndpointState.Ready, Access.Enabled, 1001, "", "running")]
    [InlineData(EndpointState.Ready, Access.Enabled, 1000, "", "stopped")]
    [InlineData(EndpointState.Ready, Access.Draining, 0, "Draining", "stopped")]
    [InlineData(EndpointState.Ready, Access.Disabled, 0, "AccessDisabled", "stopped")]
    [InlineData(EndpointState.Draining, Access.Enabled, 0, "PodTerminating", "stopped")]
    [InlineData(EndpointState.NotReady, Access.Enabled, 0, "PodNotReady", "pending")]
    [InlineData(EndpointState.None, Access.Enabled, 0, "WaitingForPod", "pending")]
    [InlineData(EndpointState.None, Access.Enabled, 0, "InvalidKeys", "pending")]
    [InlineData(EndpointState.None, Access.Enabled, 0, "PodFailed", "stopped")]
    [InlineData(EndpointState.None, Access.Enabled, 0, "ContainerMissing", "pending")]
    [InlineData(EndpointState.None, Access.Enabled, 0, "Suspended", "stopped")]
    [InlineData(EndpointState.None, Access.Disabled, 0, "AccessDisabled", "stopped")]
    public void An_address_is_given_only_while_logins_work(EndpointState state, Access access, long expiresAt, string reason, string status)
    {
        var entry = new Entry { State = state, Access = access, ExpiresAt = expiresAt, Reason = reason, Port = 2022, PodIp = ByteString.CopyFrom(10, 0, 0, 7) };

        string? expectedReason = status == "running" ? null : expiresAt == 1000 ? "Expired" : reason;
        Assert.Equal(
            status == "running" ? new PodAnswer("10.0.0.7", 2022, status, null) : new PodAnswer(null, null, status, expectedReason),
            PodAnswer.From(entry, Now));
    }

    [Fact]
    public void An_IPv6_address_has_no_brackets()
    {
        var entry = new Entry { State = EndpointState.Ready, Access = Access.Enabled, Port = 2222, PodIp = ByteString.CopyFrom(System.Net.IPAddress.Parse("fd00::7").GetAddressBytes()) };

        Assert.Equal("fd00::7", PodAnswer.From(entry, Now).ServiceHost);
    }

    [Fact]
    public void A_pod_without_sshd_has_no_port()
    {
        var entry = new Entry { State = EndpointState.Ready, Access = Access.Enabled, Exec = new ExecPod { Container = "main" }, PodIp = ByteString.CopyFrom(10, 0, 0, 7) };

        Assert.Equal(new PodAnswer("10.0.0.7", null, "running", null), PodAnswer.From(entry, Now));
    }

    [Fact]
    public void A_session_without_a_usable_key_has_none()
    {
        var answer = KeysAnswer.From(new Entry());

        Assert.Equal((null, 0), (answer.SshPublicKey, answer.SshPublicKeys.Count));
    }
}
