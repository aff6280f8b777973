using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Two proxies behind a real HAProxy are replaced one after the other while a hundred logins a second go on. The
/// clients and the pod are light ones of our
/// own: a hundred ssh and sshd processes a second would be all that such a machine does.
/// </summary>
[Collection(EndToEndTests.Name)]
[Trait("Category", "Long")]
public sealed class RollingRestartTests(SharedGateway shared, ITestOutputHelper output)
{
    private const string Session = "rolling";
    private const int LoginsPerSecond = 100;
    private const int LongSessions = 20;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);
    private static readonly byte[] Data = [MessageNumber.ChannelData, 0, 0, 0, 0, 0, 0, 0, 1, (byte)'x'];

    private readonly ConcurrentBag<double> _logins = [];
    private readonly ConcurrentBag<string> _failures = [];

    [RealSshFact("haproxy")]
    public async Task No_login_is_lost_and_no_session_broken_before_its_time()
    {
        using var pod = new PodPeer();
        using var key = Ed25519PrivateKey.Generate();
        string[] limits =
        [
            "--Proxy:DrainDelay=00:00:02", $"--Proxy:DrainTimeout={Grace:c}", "--Proxy:MaxUnauthenticatedPerSource=1000", "--Proxy:PenaltyExempt:1=127.0.0.51/32",
        ];
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions { ProxyArguments = [] });
        gateway.Manifests.Write(
            new SessionManifest(Session, [$"ssh-ed25519 {Convert.ToBase64String(key.PublicKey.Blob.Span)} test"]) { Port = pod.EndPoint.Port, Limits = ["maxConnections: 1000"] },
            new PodManifest(Session, Session, pod.EndPoint.Address));
        (int Ssh, int Http)[] ports = [.. Enumerable.Range(0, 4).Select(_ => (Loopback.FreePort(), Loopback.FreePort()))];
        var balancer = new IPEndPoint(IPAddress.Loopback, Loopback.FreePort());
        List<ProxyProcess> proxies = [await StartAsync(0), await StartAsync(1)];
        await using Daemon haproxy = await HaProxy.StartAsync(
            $"""
            listen ssh
              bind {balancer}
              balance roundrobin
              option httpchk GET /readyz
              option redispatch
              default-server inter 200ms fall 1 rise 1 source 127.0.0.51
              {string.Join("\n  ", ports.Select((port, number) => $"server proxy{number} 127.0.0.1:{port.Ssh} check port {port.Http}"))}
            """);
        await Eventually.TrueAsync(() => LoginWorksAsync(balancer, key), TimeSpan.FromSeconds(30), () => $"{haproxy.Output}\n{gateway.Logs}");
        var sessions = new List<LongSession>();
        for (int i = 0; i < LongSessions; i++)
        {
            sessions.Add(new LongSession(await LogInAsync(balancer, key)));
        }

        using var enough = new CancellationTokenSource();
        Task load = LoadAsync(balancer, key, enough.Token);
        var told = new List<long>();
        for (int number = 0; number < 2; number++)
        {
            proxies.Add(await StartAsync(number + 2));
            told.Add(Stopwatch.GetTimestamp());
            await proxies[number].Daemon.TerminateAsync();
            await proxies[number].Daemon.WaitForLineAsync("The listener is closed");
        }
        await Eventually.TrueAsync(() => proxies[0].Daemon.HasExited && proxies[1].Daemon.HasExited, TimeSpan.FromMinutes(1), () => gateway.Logs);
        await enough.CancelAsync();
        await load;
        TimeSpan[] lived = await Task.WhenAll(sessions.Select(session => session.EndAsync()));

        Assert.True(_failures.IsEmpty, $"{_failures.Count} logins failed, {_logins.Count} did not: {_failures.FirstOrDefault()}\n{gateway.Logs}");
        Assert.Equal((0, 0), (proxies[0].Daemon.ExitCode, proxies[1].Daemon.ExitCode));
        Assert.All(sessions, session => Assert.Contains("shutting down", session.Why, StringComparison.Ordinal));
        TimeSpan shortest = sessions.Min(session => told.Select(at => Stopwatch.GetElapsedTime(at, session.EndedAt)).Where(after => after > TimeSpan.Zero).Max());
        double[] sorted = [.. _logins.Order()];
        Assert.True(shortest >= Grace, $"A session ended {shortest.TotalSeconds} s after its proxy was told to.");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Figure: rolling restart of two proxies: {sorted.Length} logins in {lived.Max().TotalSeconds:0} s, none lost; login p50 {sorted[sorted.Length / 2]:0} ms, p99 {sorted[sorted.Length * 99 / 100]:0} ms, longest {sorted[^1]:0} ms; {LongSessions} sessions open until {shortest.TotalSeconds:0.0} s after SIGTERM"));

        async Task<ProxyProcess> StartAsync(int number)
        {
            ProxyProcess proxy = await gateway.AddProxyAsync([$"--Proxy:Listen=127.0.0.1:{ports[number].Ssh}", $"--Proxy:HttpListen=127.0.0.1:{ports[number].Http}", .. limits]);
            await Gateway.WaitUntilReadyAsync(proxy);
            return proxy;
        }
    }

    // Open loop: a slow login does not slow down those that come after it.
    private async Task LoadAsync(IPEndPoint balancer, SshPrivateKey key, CancellationToken enough)
    {
        var logins = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / LoginsPerSecond));
        try
        {
            while (await timer.WaitForNextTickAsync(enough))
            {
                logins.Add(Task.Run(() => TryLoginAsync(balancer, key), CancellationToken.None));
            }
        }
        catch (OperationCanceledException)
        {
        }
        await Task.WhenAll(logins);
    }

    private async Task TryLoginAsync(IPEndPoint balancer, SshPrivateKey key)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            await using SshClientTransport client = await LogInAsync(balancer, key);
            await client.Output.SendAsync(Data).Limited();
            Assert.Equal(Data, (await client.ReceiveAsync().Limited()).Payload.ToArray());
            _logins.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await client.DisconnectAsync(DisconnectReason.ByApplication, "done");
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            _failures.Add(failure.ToString());
        }
    }

    private static async Task<bool> LoginWorksAsync(IPEndPoint balancer, SshPrivateKey key)
    {
        try
        {
            await using SshClientTransport client = await LogInAsync(balancer, key);
            return true;
        }
        catch (Exception failure) when (failure is SocketException or PeerGoneException or PeerDisconnectedException or Xunit.Sdk.XunitException)
        {
            return false;
        }
    }

    private static async Task<SshClientTransport> LogInAsync(IPEndPoint balancer, SshPrivateKey key)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(balancer).Limited();
        var client = new SshClientTransport(new AsyncSocket(socket), LegPair.Everything, _ => true, new RekeyLimits(null), TimeProvider.System);
        try
        {
            await client.HandshakeAsync().Limited();
            Assert.Equal(MessageNumber.ServiceAccept, (await client.ReceiveAsync().Limited()).Number);
            await client.Output.SendAsync(AuthMessages.Signed(client, Session, key)).Limited();
            Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
            // The list of host keys.
            Assert.Equal(MessageNumber.GlobalRequest, (await client.ReceiveAsync().Limited()).Number);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>A session that goes on as long as it is let, and is used all the time.</summary>
    private sealed class LongSession
    {
        private readonly SshClientTransport _client;
        private readonly long _began = Stopwatch.GetTimestamp();
        private readonly Task _use;

        public LongSession(SshClientTransport client)
        {
            _client = client;
            _use = UseAsync();
        }

        public string Why { get; private set; } = "";

        public long EndedAt { get; private set; }

        public async Task<TimeSpan> EndAsync()
        {
            await _use.Limited();
            await _client.DisposeAsync();
            return Stopwatch.GetElapsedTime(_began, EndedAt);
        }

        private async Task UseAsync()
        {
            try
            {
                while (true)
                {
                    await _client.Output.SendAsync(Data);
                    Assert.Equal(Data, (await _client.ReceiveAsync()).Payload.ToArray());
                    await Task.Delay(TimeSpan.FromMilliseconds(200));
                }
            }
            catch (PeerDisconnectedException told)
            {
                Why = told.Description;
            }
            catch (Exception broken) when (broken is SocketException or PeerGoneException)
            {
                Why = broken.ToString();
            }
            EndedAt = Stopwatch.GetTimestamp();
        }
    }
}
