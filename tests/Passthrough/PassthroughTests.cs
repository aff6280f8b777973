using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Connections;
using SshGateway.Proxy.Pods;
using SshGateway.Proxy.Ssh.Transport;
using SshGateway.Shared.Protos;
using SshGateway.Tests.Connections;
using SshGateway.Tests.Pods;
using SshGateway.Tests.Ssh.Harness;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Passthrough;

/// <summary>CONNECT, through the real listener to a pod that is plain TCP.</summary>
public sealed class PassthroughTests : IAsyncLifetime, IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly PlainPod _pod = new();
    private readonly GatewayRig _gateway;

    public PassthroughTests()
    {
        _gateway = new GatewayRig(new ProxyOptions { PassthroughPerSource = 4, PassthroughPerPod = 3 }, new PodLoginLimits(), _time);
        Change();
    }

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose()
    {
        _gateway.Dispose();
        _pod.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData(":22")]
    [InlineData(":own")]
    public async Task Bytes_go_both_ways(string port)
    {
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, $"abc12{port.Replace("own", $"{_pod.EndPoint.Port}", StringComparison.Ordinal)}", behind: "early ");
        await client.AssertEstablishedAsync();
        using Socket pod = await _pod.AcceptedAsync();
        await client.Socket.SendAsync("to the pod"u8.ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("early to the pod", Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(pod)));
        // The other half is still open.
        await pod.SendAsync("from the pod"u8.ToArray());
        pod.Shutdown(SocketShutdown.Send);
        Assert.Equal("from the pod", Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(client.Socket)));
        Assert.Equal((ConnectionEnd.ClientClosed, "abc12"), await NextAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Much_goes_both_ways_at_once_unchanged(bool spliced)
    {
        if (!spliced)
        {
            // As on a kernel, or what stands for one, that does not.
            _gateway.Pipes.SpliceIsUnsupported();
        }
        byte[] there = RandomNumberGenerator.GetBytes(24 * 1024 * 1024 + 1);
        byte[] back = RandomNumberGenerator.GetBytes(24 * 1024 * 1024 + 3);
        (ConnectClient client, Socket pod) = await OpenAsync();
        Task<byte[]> arrived = ConnectClient.ReadToEndAsync(pod);
        Task<byte[]> returned = ConnectClient.ReadToEndAsync(client.Socket);
        await Task.WhenAll(SendAllAsync(client.Socket, there), SendAllAsync(pod, back));
        Assert.Equal(SHA256.HashData(there), SHA256.HashData(await arrived));
        Assert.Equal(SHA256.HashData(back), SHA256.HashData(await returned));
        await NextAsync();
        client.Dispose();
        pod.Dispose();
    }

    [Fact]
    public async Task Idle_passthroughs_hold_no_pipes()
    {
        using var roomy = new GatewayRig(new ProxyOptions { PassthroughPerSource = 200, PassthroughPerPod = 200 }, new PodLoginLimits(), _time);
        await roomy.InitializeAsync();
        roomy.Table.Upsert(Sessions.Entry(GatewayRig.SessionId, endpoint: _pod.EndPoint, passthrough: true));
        int before = PipeEnds();
        var open = new List<IDisposable>();
        for (int i = 0; i < 200; i++)
        {
            ConnectClient client = await ConnectClient.AskAsync(roomy.Address, "abc12:22");
            await client.AssertEstablishedAsync();
            Socket pod = await _pod.AcceptedAsync();
            await client.Socket.SendAsync("x"u8.ToArray());
            Assert.Equal(1, await pod.ReceiveAsync(new byte[8]).Limited());
            open.AddRange([client, pod]);
        }
        // Two ends each, and other tests have some too.
        Assert.InRange(PipeEnds() - before, int.MinValue, 200);
        open.ForEach(end => end.Dispose());
        await roomy.DisposeAsync();

        static int PipeEnds() => Directory.GetFiles("/proc/self/fd").Count(file => new FileInfo(file).LinkTarget?.StartsWith("pipe:", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_up_its_pod_and_nobody_else()
    {
        (ConnectClient stuck, Socket pod) = await OpenAsync();
        byte[] much = RandomNumberGenerator.GetBytes(64 * 1024 * 1024);
        Task sending = SendAllAsync(pod, much);
        (ConnectClient other, Socket otherPod) = await OpenAsync();
        await otherPod.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await other.Socket.ReceiveAsync(new byte[8]).Limited());
        // Sockets' and pipe's buffers take some of it, and no more.
        Assert.False(sending.IsCompleted);
        Assert.Equal(SHA256.HashData(much), SHA256.HashData(await ConnectClient.ReadToEndAsync(stuck.Socket)));
        await sending.Limited();
        foreach (IDisposable end in new IDisposable[] { stuck, pod, other, otherPod })
        {
            end.Dispose();
        }
    }

    [Fact]
    public async Task An_end_by_reset_is_carried_over()
    {
        (ConnectClient client, Socket pod) = await OpenAsync();
        client.Socket.LingerState = new LingerOption(true, 0);
        client.Dispose();
        await Assert.ThrowsAnyAsync<SocketException>(async () => Assert.NotEmpty(await ConnectClient.ReadToEndAsync(pod)));
        Assert.Equal(ConnectionEnd.ClientLost, (await NextAsync()).End);

        (client, pod) = await OpenAsync();
        await pod.SendAsync("last words"u8.ToArray());
        byte[] words = new byte[10];
        Assert.Equal(10, await client.Socket.ReceiveAsync(words).Limited());
        pod.LingerState = new LingerOption(true, 0);
        pod.Dispose();
        Assert.Equal(ConnectionEnd.PodLost, (await NextAsync()).End);
        client.Dispose();
    }

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
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, authority);
        Task<byte[]> answer = ConnectClient.ReadToEndAsync(client.Socket);
        await Eventually.CompletedAsync(answer, _time, TimeSpan.FromMilliseconds(1));
        Assert.Equal(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 70\r\nConnection: close\r\n\r\n" +
            "There is no such session here that takes passthrough connections now.\n",
            Encoding.ASCII.GetString(await answer));
        client.Dispose();
        Assert.Equal(ConnectionEnd.PassthroughRefused, (await NextAsync()).End);
        Assert.Equal(TimeSpan.FromMilliseconds(10), _time.GetUtcNow() - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(0, _pod.Waiting);
    }

    [Fact]
    public async Task A_malformed_request_is_answered()
    {
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, "a b c");
        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", await client.AnswerAsync(), StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.ClientProtocolError, (await NextAsync()).End);
    }

    [Fact]
    public async Task A_pod_that_cannot_be_reached_is_told()
    {
        _pod.Dispose();
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, "abc12:22");
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
        _time.Advance(TimeSpan.FromMinutes(9));
        await usedPod.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await used.Socket.ReceiveAsync(new byte[8]).Limited());
        _gateway.OpenSessions.Review();
        _time.Advance(TimeSpan.FromMinutes(1));
        _gateway.OpenSessions.Review();
        await AssertClosedAsync(idle, idlePod, ConnectionEnd.IdleTimeout);
        await usedPod.SendAsync("y"u8.ToArray());
        Assert.Equal(1, await used.Socket.ReceiveAsync(new byte[8]).Limited());
        used.Dispose();
        usedPod.Dispose();
    }

    [Fact]
    public async Task Passthroughs_and_logins_count_together()
    {
        Change(maxConnections: 1);
        (ConnectClient client, Socket pod) = await OpenAsync();
        Assert.Equal(1, Assert.Single(_gateway.OpenSessions.All).Usage.Connections);
        await using (PodLeg ssh = await _gateway.StartLoginAsync())
        {
            Assert.Equal(53, (await ssh.ReceiveAsync().Limited()).Number);
        }
        Assert.Equal(ConnectionEnd.TooManyConnections, (await NextAsync()).End);
        client.Dispose();
        await AssertEndsAsync(pod);
        pod.Dispose();
        Assert.Equal(ConnectionEnd.ClientClosed, (await NextAsync()).End);
        Assert.Empty(_gateway.OpenSessions.All);
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
        _time.Advance(TimeSpan.FromSeconds(120));
        _gateway.OpenSessions.Review();
        open.Add(await OpenAsync());
        await AssertTooManyAsync("from your address");
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
    public async Task A_proxy_that_stops_closes_its_passthroughs()
    {
        (ConnectClient client, Socket pod) = await OpenAsync();
        Task stop = _gateway.StopAsync();
        await AssertClosedAsync(client, pod, ConnectionEnd.ProxyStopping);
        await stop;
    }

    private async Task<(ConnectClient Client, Socket Pod)> OpenAsync()
    {
        ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, "abc12:22");
        await client.AssertEstablishedAsync();
        return (client, await _pod.AcceptedAsync());
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes).ConfigureAwait(false)..];
        }
        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task AssertTooManyAsync(string words)
    {
        using ConnectClient client = await ConnectClient.AskAsync(_gateway.Address, "abc12:22");
        string answer = Encoding.ASCII.GetString(await ConnectClient.ReadToEndAsync(client.Socket));
        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains(words, answer, StringComparison.Ordinal);
        client.Dispose();
        Assert.Equal(ConnectionEnd.TooManyConnections, (await NextAsync()).End);
    }

    private async Task AssertClosedAsync(ConnectClient client, Socket pod, ConnectionEnd end)
    {
        await AssertEndsAsync(client.Socket);
        await AssertEndsAsync(pod);
        Assert.Equal(end, (await NextAsync()).End);
        client.Dispose();
        pod.Dispose();
    }

    private static async Task AssertEndsAsync(Socket socket)
    {
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).Limited());
        }
        catch (SocketException)
        {
            // Ended hard; as good.
        }
    }

    private async Task<(ConnectionEnd End, string UserName)> NextAsync()
    {
        (ConnectionEnd end, string userName, _) = await _gateway.Ends.NextAsync();
        return (end, userName);
    }

    private void Change(
        Access access = Access.Enabled, EndpointState state = EndpointState.Ready, long expiresAt = 0, int maxConnections = 0, TimeSpan idleTimeout = default,
        bool passthrough = true) =>
        _gateway.Table.Upsert(Sessions.Entry(
            GatewayRig.SessionId, state, access, _pod.EndPoint, expiresAt: expiresAt, maxConnections: maxConnections, idleTimeout: idleTimeout,
            passthrough: passthrough, keys: [_gateway.Key.PublicKey]));
}
