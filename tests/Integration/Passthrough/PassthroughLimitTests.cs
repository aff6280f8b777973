using System.Net.Sockets;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Sessions;
using SshGateway.Ssh.Transport;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Passthrough;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Passthrough;

/// <summary>Who may not have a passthrough, and who no longer.</summary>
public sealed class PassthroughLimitTests : PassthroughFixture
{
    public static TheoryData<string> Refusals =>
    [
        "unknown", "no id", "another port", "not allowed", "disabled", "draining", "expired", "not ready", "pod terminating", "no pod",
    ];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Who_may_not_gets_one_answer_after_one_time_and_no_pod(string why)
    {
        switch (why)
        {
            case "not allowed":
                Change(passthrough: false);
                break;
            case "disabled":
                Change(access: Access.Disabled);
                break;
            case "draining":
                Change(access: Access.Draining);
                break;
            case "expired":
                Change(expiresAt: 1);
                break;
            case "not ready":
                Change(state: EndpointState.NotReady);
                break;
            case "pod terminating":
                Change(state: EndpointState.Draining);
                break;
            case "no pod":
                Change(state: EndpointState.None);
                break;
        }
        string authority = why switch
        {
            "unknown" => "nobody:22",
            "no id" => "127.0.0.1:22",
            "another port" => "abc12:80",
            _ => "abc12:22",
        };
        using ConnectClient client = await ConnectClient.AskAsync(Gateway.Address, authority);
        Task<byte[]> answer = ConnectClient.ReadToEndAsync(client.Socket);
        await Eventually.CompletedAsync(answer, Time, TimeSpan.FromMilliseconds(1));
        Assert.Equal(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 61\r\nConnection: close\r\n\r\n" +
            "No session of this name accepts passthrough connections now.\n",
            Encoding.ASCII.GetString(await answer));
        client.Dispose();
        Assert.Equal(ConnectionEnd.PassthroughRefused, (await NextAsync()).End);
        Assert.True(Time.GetUtcNow() - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) >= TimeSpan.FromMilliseconds(10), "answered at once");
        Assert.Equal(0, Pod.Waiting);
    }

    // A busy node fails probes of pods that work. The gateway's own login enters such a pod as well.
    [Fact]
    public async Task A_pod_that_becomes_unready_while_it_is_dialled_is_entered()
    {
        using var pod = new FullListener();
        Change(endpoint: pod.EndPoint);
        using ConnectClient client = await ConnectClient.AskAsync(Gateway.Address, "abc12:22");
        await pod.DialledAsync();
        Change(state: EndpointState.NotReady, endpoint: pod.EndPoint);
        using Socket accepted = await pod.AcceptAsync();
        await client.AssertEstablishedAsync();
        client.Dispose();
        accepted.Dispose();
        await NextAsync();
    }

    [Fact]
    public async Task A_malformed_request_is_answered()
    {
        using ConnectClient client = await ConnectClient.AskAsync(Gateway.Address, "a b c");
        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", await client.AnswerAsync(), StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.ClientProtocolError, (await NextAsync()).End);
    }

    [Fact]
    public async Task A_pod_that_cannot_be_reached_is_told()
    {
        Pod.Dispose();
        using ConnectClient client = await ConnectClient.AskAsync(Gateway.Address, "abc12:22");
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", await client.AnswerAsync(), StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.PodUnreachable, (await NextAsync()).End);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_that_is_disabled_or_expires_closes_its_passthroughs(bool disabled)
    {
        (ConnectClient client, Socket pod) = await OpenAsync();
        Change(access: disabled ? Access.Disabled : Access.Enabled, expiresAt: disabled ? 0 : 1);
        await AssertClosedAsync(client, pod, disabled ? ConnectionEnd.SessionDisabled : ConnectionEnd.SessionExpired);
    }

    [Fact]
    public async Task An_idle_passthrough_is_closed_and_a_used_one_is_not()
    {
        Change(idleTimeout: TimeSpan.FromMinutes(10));
        (ConnectClient idle, Socket idlePod) = await OpenAsync();
        (ConnectClient used, Socket usedPod) = await OpenAsync();
        Time.Advance(TimeSpan.FromMinutes(9));
        await usedPod.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await used.Socket.ReceiveAsync(new byte[8]).Limited());
        Gateway.OpenSessions.Review();
        Time.Advance(TimeSpan.FromMinutes(1));
        Gateway.OpenSessions.Review();
        await AssertClosedAsync(idle, idlePod, ConnectionEnd.IdleTimeout);
        await usedPod.SendAsync("y"u8.ToArray());
        Assert.Equal(1, await used.Socket.ReceiveAsync(new byte[8]).Limited());
        used.Dispose();
        usedPod.Dispose();
    }

    // Everybody who knows the session's id reaches its pod. Those older than sshd's LoginGraceTime have logged in.
    [Fact]
    public async Task Strangers_take_no_places_of_the_session_and_are_no_use_of_it()
    {
        Change(maxConnections: 1);
        (ConnectClient first, Socket firstPod) = await OpenAsync();
        (ConnectClient second, Socket secondPod) = await OpenAsync();
        await firstPod.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await first.Socket.ReceiveAsync(new byte[8]).Limited());
        Gateway.OpenSessions.Review();
        Assert.Equal((0, default), Assert.Single(Gateway.OpenSessions.All).Usage);

        Time.Advance(TimeSpan.FromSeconds(120));
        Gateway.OpenSessions.Review();

        await AssertClosedAsync(second, secondPod, ConnectionEnd.TooManyConnections);
        Assert.Equal(1, Assert.Single(Gateway.OpenSessions.All).Usage.Connections);
        await using (SshClientTransport ssh = await Gateway.StartLoginAsync())
        {
            Assert.Equal(53, (await ssh.ReceiveAsync().Limited()).Number);
        }
        Assert.Equal(ConnectionEnd.TooManyConnections, (await NextAsync()).End);
        first.Dispose();
        await AssertEndsAsync(firstPod);
        firstPod.Dispose();
        Assert.Equal(ConnectionEnd.ClientClosed, (await NextAsync()).End);
        Assert.Empty(Gateway.OpenSessions.All);
    }

    [Fact]
    public async Task A_pod_and_a_source_have_so_many()
    {
        var open = new List<(ConnectClient Client, Socket Pod)>();
        for (int i = 0; i < 3; i++)
        {
            open.Add(await OpenAsync());
        }
        // The fourth may still log in at the pod; what is older than sshd's LoginGraceTime has.
        await AssertTooManyAsync("new passthrough connections");
        Time.Advance(TimeSpan.FromSeconds(120));
        Gateway.OpenSessions.Review();
        open.Add(await OpenAsync());
        await AssertTooManyAsync("Your address already has too many passthrough connections");
        open[0].Client.Dispose();
        open[0].Pod.Dispose();
        await NextAsync();
        open.Add(await OpenAsync());
        foreach ((ConnectClient client, Socket pod) in open)
        {
            client.Dispose();
            pod.Dispose();
        }
    }

    [Fact]
    public async Task One_more_than_a_pod_has_waits_for_a_place()
    {
        var open = new List<(ConnectClient Client, Socket Pod)>();
        for (int i = 0; i < 3; i++)
        {
            open.Add(await OpenAsync());
        }
        using ConnectClient next = await ConnectClient.AskAsync(Gateway.Address, "abc12:22");
        Task established = next.AssertEstablishedAsync();
        Assert.False(established.IsCompleted);
        Assert.Equal(0, Pod.Waiting);

        open[1].Client.Dispose();
        open[1].Pod.Dispose();

        await established;
        using Socket itsPod = await Pod.AcceptedAsync();
        foreach ((ConnectClient client, Socket pod) in open)
        {
            client.Dispose();
            pod.Dispose();
        }
    }

    [Theory]
    // Nothing but its identification, and as much as sshd sends for six keys that it does not accept.
    [InlineData(false, 0, true)]
    [InlineData(true, 850, true)]
    // The shortest login.
    [InlineData(true, 950, false)]
    // A pod that says nothing at all.
    [InlineData(null, 0, false)]
    public async Task What_fails_at_the_pod_is_penalized_as_a_login_that_fails_here(bool? exchangesKeys, int encrypted, bool isPenalized)
    {
        const string From = "PROXY TCP4 192.0.2.1 198.51.100.1 50000 2222\r\n";
        using var gateway = new GatewayRig(new ProxyOptions { ProxyProtocolFrom = { "127.0.0.0/8" } }, new PodLoginLimits(), Time);
        await gateway.InitializeAsync();
        gateway.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: Pod.EndPoint, passthrough: true));
        byte[] sent = exchangesKeys is not { } exchanges ? [] :
        [
            .. "Welcome\r\nSSH-2.0-OpenSSH_10.0\r\n"u8,
            .. exchanges ? (byte[])[0, 0, 0, 12, 10, 20, .. new byte[10], 0, 0, 4, 0, 10, 31, .. new byte[1022], 0, 0, 0, 12, 10, 21, .. new byte[10]] : [],
            .. new byte[encrypted],
        ];
        for (int i = 0; i < 4; i++)
        {
            (ConnectClient client, Socket pod) = await OpenAsync(gateway, From);
            // Wherever the packets of TCP end.
            await pod.SendAsync(sent.AsMemory(0, sent.Length / 3));
            await pod.SendAsync(sent.AsMemory(sent.Length / 3));
            byte[] received = new byte[sent.Length];
            for (int count = 0; count < sent.Length;)
            {
                count += await client.Socket.ReceiveAsync(received.AsMemory(count)).Limited();
            }
            Assert.Equal(sent, received);
            client.Dispose();
            await AssertEndsAsync(pod);
            pod.Dispose();
            Assert.Equal(ConnectionEnd.ClientClosed, (await gateway.Ends.NextAsync()).End);
            if (i == 2 && isPenalized)
            {
                break;
            }
        }

        using ConnectClient next = await ConnectClient.AskAsync(gateway.Address, "abc12:22", before: From);
        Assert.StartsWith(isPenalized ? "HTTP/1.1 503 " : "HTTP/1.1 200 ", await next.AnswerAsync(), StringComparison.Ordinal);
        await gateway.DisposeAsync();
    }

    private async Task AssertTooManyAsync(string words)
    {
        using ConnectClient client = await ConnectClient.AskAsync(Gateway.Address, "abc12:22");
        Task<byte[]> read = ConnectClient.ReadToEndAsync(client.Socket);
        await Eventually.CompletedAsync(read, Time, TimeSpan.FromSeconds(1));
        string answer = Encoding.ASCII.GetString(await read);
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains(words, answer, StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.TooManyConnections, (await Gateway.NextEndAsync()).End);
    }
}
