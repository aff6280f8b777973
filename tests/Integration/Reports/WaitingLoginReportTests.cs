using System.Text;
using SshGateway.Feed;
using SshGateway.Operator.Usage;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Passthrough;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Reports;

/// <summary>Real logins at a proxy that wait for a pod, and what two operators come to know of them.</summary>
public sealed class WaitingLoginReportTests : ReportFixture
{
    [Theory]
    [InlineData(ReadyReasons.WaitingForPod, false)]
    [InlineData(ReadyReasons.Suspended, false)]
    [InlineData(ReadyReasons.WaitingForPod, true)]
    public async Task Every_operator_learns_that_a_login_waits_and_that_it_is_over(string reason, bool exec)
    {
        Change(reason, exec: exec);
        await Client!.StartAsync(CancellationToken.None);
        DateTimeOffset began = Time.GetUtcNow();
        await using SshClientTransport client = await Gateway.StartLoginAsync();
        Assert.Contains("Asking for", await BannerAsync(client), StringComparison.Ordinal);
        await LoginWaitsAsync();

        await EveryOperatorAsync(wait => wait is { Left: null }, "knows that a login waits");
        Assert.All(Usage, usage => Assert.InRange(usage.WaitingLogins.Find(GatewayRig.SessionId)!.Value.Since, began.AddSeconds(-1), began));
        Assert.All(Usage, usage => Assert.Equal(1, usage.WaitingLogins.Count));
        // Another one of the same session is no news, and makes it no longer.
        await using SshClientTransport other = await Gateway.StartLoginAsync();
        await BannerAsync(other);
        await LoginWaitsAsync(2);
        client.Abort();
        await Gateway.Ends.NextAsync();
        Assert.Equal(1, Gateway.WaitingLogins.Count);

        if (exec)
        {
            other.Abort();
        }
        else
        {
            Gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: Gateway.Pod.EndPoint, keys: [Gateway.Key.PublicKey]));
            Assert.Equal(MessageNumber.UserAuthSuccess, (await other.ReceiveAsync().Limited()).Number);
        }
        await EveryOperatorAsync(wait => wait is null or { Left: not null }, "knows that none waits");
        Assert.Equal(0, Gateway.WaitingLogins.Count);
    }

    [Fact]
    public async Task An_operator_that_comes_later_learns_of_logins_that_wait_already()
    {
        Change(ReadyReasons.WaitingForPod);
        await using SshClientTransport client = await Gateway.StartLoginAsync();
        await BannerAsync(client);

        await Client!.StartAsync(CancellationToken.None);

        await EveryOperatorAsync(wait => wait is { Left: null }, "knows that a login waits");
    }

    [Fact]
    public async Task Strangers_ask_for_no_pod()
    {
        Change(ReadyReasons.WaitingForPod, passthrough: true);
        await Client!.StartAsync(CancellationToken.None);
        using SshPrivateKey stranger = Ed25519PrivateKey.Generate();
        await using SshClientTransport client = await Gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, GatewayRig.SessionId, stranger)).Limited();
        // The right key, and no proof that the client has it.
        await client.Output.SendAsync(AuthMessages.Query(GatewayRig.SessionId, Gateway.Key)).Limited();
        using ConnectClient passthrough = await ConnectClient.AskAsync(Gateway.Address, $"{GatewayRig.SessionId}:22");
        Task answered = ReceiveTwiceAsync(client);
        await Eventually.TrueAsync(
            () =>
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                return answered.IsCompleted;
            },
            "the client has its answers");
        await answered;

        Assert.Equal(0, Gateway.WaitingLogins.Count);
        await AssertNotNamedAsync();
    }

    [Fact]
    public async Task A_session_that_nobody_may_wake_is_not_named_although_a_login_waits()
    {
        Change(ReadyReasons.WaitingForPod, wake: Wake.Never);
        await Client!.StartAsync(CancellationToken.None);
        await using SshClientTransport client = await Gateway.StartLoginAsync();
        Assert.Contains("is starting. Waiting up to", await BannerAsync(client), StringComparison.Ordinal);
        await LoginWaitsAsync();
        await AssertNotNamedAsync();

        // And when it may be woken after all, the login that waits does it.
        Change(ReadyReasons.WaitingForPod);
        await EveryOperatorAsync(wait => wait is { Left: null }, "knows that a login waits");
    }

    [Fact]
    public async Task A_suspended_session_that_nobody_may_wake_refuses_logins_at_once()
    {
        Change(ReadyReasons.Suspended, wake: Wake.Never);
        await using SshClientTransport client = await Gateway.StartLoginAsync();

        Assert.Contains("Session abc12 is suspended. Ask its owner to resume it.", await BannerAsync(client), StringComparison.Ordinal);
    }

    private void Change(string reason, bool passthrough = false, bool exec = false, Wake wake = Wake.OnLogin) => Gateway.Table.Upsert(Sessions.Entry(
        GatewayRig.SessionId, EndpointState.None, reason: reason, withoutEndpoint: true, podUid: "", keys: [Gateway.Key.PublicKey], passthrough: passthrough, exec: exec, wake: wake));

    // The login begins to wait behind its banner, and the tests move the clock.
    private Task LoginWaitsAsync(int logins = 1) => Eventually.TrueAsync(() => Gateway.WaitingLogins.Count == logins, "the login waits");

    private static async Task<string> BannerAsync(SshClientTransport client)
    {
        InboundPacket packet = await client.ReceiveAsync().Limited();
        Assert.Equal(MessageNumber.UserAuthBanner, packet.Number);
        return Encoding.UTF8.GetString(packet.Payload[5..]);
    }

    private static async Task ReceiveTwiceAsync(SshClientTransport client)
    {
        await client.ReceiveAsync().Limited();
        await client.ReceiveAsync().Limited();
    }

    // A report names all sessions that are waited for. One that has come with another session has not left this one out
    // by chance.
    private async Task AssertNotNamedAsync()
    {
        Gateway.Table.Upsert(Sessions.Entry(OtherSession, EndpointState.None, reason: ReadyReasons.WaitingForPod, withoutEndpoint: true, podUid: "", keys: [Gateway.Key.PublicKey]));
        await using SshClientTransport client = await Gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, OtherSession, Gateway.Key)).Limited();
        await BannerAsync(client);
        await EveryOperatorAsync(wait => wait is { Left: null }, "knows that a login to another session waits", OtherSession);
        Assert.All(Usage, usage => Assert.Null(usage.WaitingLogins.Find(GatewayRig.SessionId)));
    }

    private async Task EveryOperatorAsync(Func<WaitingLogin?, bool> expectation, string what, string session = GatewayRig.SessionId)
    {
        foreach (UsageTable usage in Usage)
        {
            await Eventually.TrueAsync(
                () =>
                {
                    Time.Advance(TimeSpan.FromSeconds(1));
                    return expectation(usage.WaitingLogins.Find(session));
                },
                $"every operator {what}");
        }
    }
}
