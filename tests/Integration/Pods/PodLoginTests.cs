using System.Net;
using System.Net.Sockets;
using System.Text;
using SshGateway.Feed;
using SshGateway.Proxy.Configuration;
using SshGateway.Proxy.Outcomes;
using SshGateway.Proxy.Pods;
using SshGateway.Ssh.Keys;
using SshGateway.Ssh.Transport;
using SshGateway.Ssh.Wire;
using SshGateway.Tests.Support.Pods;
using SshGateway.Tests.Support.Ssh;
using SshGateway.Tests.Support.SshConnections;
using Xunit;

namespace SshGateway.Tests.Integration.Pods;

/// <summary>From the verified signature to the pod, with pods of all manners.</summary>
public sealed class PodLoginTests : IAsyncLifetime, IDisposable
{
    private const string Id = "abc12";

    private readonly GatewayRig _gateway = new(new ProxyOptions { WaitForPod = TimeSpan.Zero }, new PodLoginLimits { ConnectTimeout = TimeSpan.FromSeconds(2), LoginTimeout = TimeSpan.FromSeconds(2) });

    public Task InitializeAsync() => _gateway.InitializeAsync();

    public Task DisposeAsync() => _gateway.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task The_pod_sees_its_own_user_and_a_certificate_that_names_the_client()
    {
        await AssertLogsInAsync();
        (string user, byte[] certificate) = Assert.Single(_gateway.Pod.Logins);
        Assert.Equal("claude", user);
        string text = Encoding.Latin1.GetString(certificate);
        Assert.Contains($"session=abc12 client={_gateway.Key.PublicKey.Fingerprint} from=127.0.0.1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Banners_of_the_pod_reach_the_client()
    {
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(socket, banner: "Welcome to the pod.\r\n"));
        Route(pod);
        await using SshClientTransport client = await StartLoginAsync();
        Assert.Equal("Welcome to the pod.\r\n", BannerOf(await client.ReceiveAsync().Limited()));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    // RFC 4251 section 9.2.
    [Fact]
    public async Task Control_characters_of_a_pods_banner_do_not_reach_the_client()
    {
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(socket, banner: "Welcome\u001b[8m to \u202ethe pod.\r\n"));
        Route(pod);
        await using SshClientTransport client = await StartLoginAsync();
        Assert.Equal("Welcome [8m to  the pod.\r\n", BannerOf(await client.ReceiveAsync().Limited()));
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    // What ssh shows of a pod that it reaches directly, it shows through the gateway: sshconnect2.c has no limit but
    // the packet's.
    [Theory]
    [InlineData(1, 100_000)]
    [InlineData(1, 260_000)]
    [InlineData(40, 1000)]
    [InlineData(20, 100_000)]
    public async Task Large_and_many_banners_reach_the_client(int count, int length)
    {
        string[] banners = [.. Enumerable.Range(0, count).Select(number => $"{number}".PadRight(length - 2, '.') + "\r\n")];
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(socket, banners.Select(PodPeer.BannerMessage)));
        Route(pod);
        await using SshClientTransport client = await StartLoginAsync();
        foreach (string banner in banners)
        {
            Assert.Equal(banner, BannerOf(await client.ReceiveAsync().Limited()));
        }
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    // sshd sends a DEBUG for each line of authorized_keys that has to do with the login.
    [Fact]
    public async Task A_talkative_pod_is_listened_to()
    {
        byte[] debug = SshWriter.Message(MessageNumber.Debug).WriteBoolean(false).WriteString("authorized_keys:1: key options: none").WriteString("").ToArray();
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(socket, Enumerable.Repeat(debug, 1000)));
        Route(pod);
        await AssertLogsInAsync();
    }

    // kex.c: up to 1024 lines of 8192 bytes, of which the last one is the identification.
    [Fact]
    public async Task A_pod_may_say_much_before_its_identification()
    {
        string preamble = string.Concat(Enumerable.Repeat(new string('#', 2000) + "\r\n", 500));
        using var pod = new PodPeer(manners: async (self, socket, _) =>
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(preamble));
            await self.ServeAsync(socket);
        });
        Route(pod);
        await AssertLogsInAsync();
    }

    [Fact]
    public async Task A_pod_that_cannot_be_reached_is_explained()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _gateway.Table.Upsert(Sessions.Entry(Id, endpoint: (IPEndPoint)closed.LocalEndPoint!, keys: [_gateway.Key.PublicKey]));
        await AssertExplainedAsync(ConnectionEnd.PodUnreachable, "The pod of session abc12 cannot be reached.");
    }

    [Fact]
    public async Task A_pod_that_says_nothing_is_explained()
    {
        using var pod = new PodPeer(manners: (_, _, _) => Task.CompletedTask);
        Route(pod);
        await AssertExplainedAsync(ConnectionEnd.PodHandshakeFailed, "its sshd did not complete the login in time");
    }

    [Fact]
    public async Task A_pod_that_speaks_something_else_is_explained()
    {
        using var pod = new PodPeer(manners: async (_, socket, _) =>
            await socket.SendAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("220 mail ready\r\n", 1100)))));
        Route(pod);
        await AssertExplainedAsync(ConnectionEnd.PodHandshakeFailed, "does not speak SSH");
    }

    [Fact]
    public async Task A_pod_that_refuses_the_certificate_is_explained_with_the_remedy_in_the_log()
    {
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(
            socket, answer: SshWriter.Message(MessageNumber.UserAuthFailure).WriteString("publickey").WriteBoolean(false).ToArray()));
        Route(pod);
        string? detail = await AssertExplainedAsync(ConnectionEnd.PodRefusedLogin, "did not accept the gateway's certificate");
        Assert.Contains("TrustedUserCAKeys", detail, StringComparison.Ordinal);
        Assert.Contains("refused ssh-ed25519-cert-v01@openssh.com and ecdsa-sha2-nistp256-cert-v01@openssh.com", detail, StringComparison.Ordinal);
        // sshd counts connections without a login against the address that all users share.
        Assert.Equal(1, pod.Connections);
    }

    // sshd before 9.6 does not say that its configuration refuses Ed25519, as in FIPS mode (RFC 8308 leaves it to the
    // server).
    [Fact]
    public async Task A_pod_that_refuses_the_Ed25519_certificate_gets_an_ECDSA_one()
    {
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(socket, [], attempt => attempt == 1 ? PodPeer.Failure : [MessageNumber.UserAuthSuccess]));
        Route(pod);
        await AssertLogsInAsync();
        Assert.Equal(
            ["ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com"],
            pod.Logins.Select(login => Encoding.ASCII.GetString(new SshReader(login.Certificate).ReadString())));
        Assert.Equal(1, pod.Connections);
    }

    // MaxAuthTries 1.
    [Fact]
    public async Task A_pod_that_disconnects_at_the_second_attempt_has_refused_the_first()
    {
        byte[] enough = SshWriter.Message(MessageNumber.Disconnect).WriteUInt32(2).WriteString("Too many authentication failures").WriteString("").ToArray();
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(socket, [], attempt => attempt == 1 ? PodPeer.Failure : enough));
        Route(pod);
        string? detail = await AssertExplainedAsync(ConnectionEnd.PodRefusedLogin, "did not accept the gateway's certificate");
        Assert.Contains("TrustedUserCAKeys", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_with_another_host_key_than_the_pinned_one_gets_no_login()
    {
        using SshPrivateKey pinned = Ed25519PrivateKey.Generate();
        _gateway.Table.Upsert(Sessions.Entry(Id, endpoint: _gateway.Pod.EndPoint, keys: [_gateway.Key.PublicKey], hostKeys: [pinned.PublicKey]));
        string? detail = await AssertExplainedAsync(ConnectionEnd.PodHostKeyMismatch, "unexpected host key");
        Assert.Contains(_gateway.Pod.HostKey.Fingerprint, detail, StringComparison.Ordinal);
        Assert.Empty(_gateway.Pod.Logins);
    }

    [Fact]
    public async Task A_pods_host_key_must_stay_what_it_was_for_its_uid()
    {
        await AssertLogsInAsync();
        using var replaced = new PodPeer();
        Route(replaced, podUid: "uid-1");
        await AssertExplainedAsync(ConnectionEnd.PodHostKeyMismatch, "unexpected host key");
        Route(replaced, podUid: "uid-2");
        await AssertLogsInAsync();
    }

    // sshd beyond MaxStartups writes a line or nothing and closes, with our bytes unread: the close is an end or a
    // reset.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pod_that_hangs_up_before_its_identification_is_tried_again(bool reset)
    {
        using var pod = new PodPeer(manners: async (self, socket, number) =>
        {
            if (number > 2)
            {
                await self.ServeAsync(socket);
                return;
            }
            await socket.ReceiveAsync(new byte[4096]);
            await socket.SendAsync("Exceeded MaxStartups\r\n"u8.ToArray());
            if (reset)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            socket.Close();
        });
        Route(pod);
        await AssertLogsInAsync();
        Assert.Equal(3, pod.Connections);
    }

    [Fact]
    public async Task A_pod_that_always_hangs_up_is_explained_after_the_last_attempt()
    {
        using var pod = new PodPeer(manners: (_, socket, _) =>
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Close();
            return Task.CompletedTask;
        });
        Route(pod);
        await AssertExplainedAsync(null, "The pod of session abc12");
        Assert.Equal(new PodLoginLimits().Attempts, pod.Connections);
    }

    [Fact]
    public async Task A_pod_that_disconnects_is_explained_with_its_words_in_the_log()
    {
        using var pod = new PodPeer(manners: (self, socket, _) => self.ServeAsync(
            socket, answer: SshWriter.Message(MessageNumber.Disconnect).WriteUInt32(2).WriteString("no such luck").WriteString("").ToArray()));
        Route(pod);
        string? detail = await AssertExplainedAsync(ConnectionEnd.PodHandshakeFailed, "refused the connection");
        Assert.Contains("no such luck", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_is_not_ready_is_explained_without_asking_the_pod()
    {
        _gateway.Table.Upsert(Sessions.Entry(Id, EndpointState.NotReady, endpoint: _gateway.Pod.EndPoint, reason: "PodNotReady", keys: [_gateway.Key.PublicKey]));
        await AssertExplainedAsync(ConnectionEnd.PodNotReady, "is not ready");
        Assert.Equal(0, _gateway.Pod.Connections);
    }

    public static TheoryData<string> Changes => ["removed", "disabled", "key taken away", "expired"];

    // The entry is read again before the success: seconds may have passed.
    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_session_that_changed_while_its_pod_was_dialled_is_not_entered(string change)
    {
        var answered = new TaskCompletionSource();
        var changed = new TaskCompletionSource();
        using var pod = new PodPeer(manners: async (self, socket, _) =>
        {
            answered.SetResult();
            await changed.Task;
            await self.ServeAsync(socket);
        });
        Route(pod);
        await using SshClientTransport client = await StartLoginAsync();
        await answered.Task.Limited();
        SshPublicKey[] keys = [_gateway.Key.PublicKey];
        ConnectionEnd expected = ConnectionEnd.SessionChanged;
        switch (change)
        {
            case "removed":
                _gateway.Table.Remove(Id, "uid-1");
                break;
            case "disabled":
                _gateway.Table.Upsert(Sessions.Entry(Id, access: Access.Disabled, endpoint: pod.EndPoint, keys: keys));
                expected = ConnectionEnd.AccessRefused;
                break;
            case "expired":
                _gateway.Table.Upsert(Sessions.Entry(Id, expiresAt: 1, endpoint: pod.EndPoint, keys: keys));
                expected = ConnectionEnd.SessionExpired;
                break;
            default:
                _gateway.Table.Upsert(Sessions.Entry(Id, endpoint: pod.EndPoint, keys: [PrivateKeys.Generate(SshKeyTypes.Ed25519).PublicKey]));
                break;
        }
        changed.SetResult();
        await AssertExplainedAsync(client, expected, "ession abc12");
    }

    // A busy node fails probes of pods that work: found on a real cluster.
    [Fact]
    public async Task A_pod_that_becomes_unready_while_it_accepts_the_login_is_entered()
    {
        var answered = new TaskCompletionSource();
        var changed = new TaskCompletionSource();
        using var pod = new PodPeer(manners: async (self, socket, _) =>
        {
            answered.SetResult();
            await changed.Task;
            await self.ServeAsync(socket);
        });
        Route(pod);
        await using SshClientTransport client = await StartLoginAsync();
        await answered.Task.Limited();
        _gateway.Table.Upsert(Sessions.Entry(Id, EndpointState.NotReady, endpoint: pod.EndPoint, reason: "PodNotReady", keys: [_gateway.Key.PublicKey]));
        changed.SetResult();
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    [Fact]
    public async Task A_pod_that_was_replaced_while_it_was_dialled_is_left_for_the_new_one()
    {
        var answered = new TaskCompletionSource();
        var changed = new TaskCompletionSource();
        using var old = new PodPeer(manners: async (self, socket, _) =>
        {
            answered.SetResult();
            await changed.Task;
            await self.ServeAsync(socket);
        });
        Route(old);
        await using SshClientTransport client = await StartLoginAsync();
        await answered.Task.Limited();
        _gateway.Table.Upsert(Sessions.Entry(Id, endpoint: _gateway.Pod.EndPoint, podUid: "uid-2", keys: [_gateway.Key.PublicKey]));
        changed.SetResult();
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        Assert.Single(_gateway.Pod.Logins);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    private void Route(PodPeer pod, string podUid = "uid-1") =>
        _gateway.Table.Upsert(Sessions.Entry(Id, endpoint: pod.EndPoint, podUid: podUid, keys: [_gateway.Key.PublicKey]));

    private async Task<SshClientTransport> StartLoginAsync()
    {
        SshClientTransport client = await _gateway.ConnectForAuthenticationAsync();
        await client.Output.SendAsync(AuthMessages.Signed(client, Id, _gateway.Key)).Limited();
        return client;
    }

    private async Task AssertLogsInAsync()
    {
        await using SshClientTransport client = await StartLoginAsync();
        Assert.Equal(MessageNumber.UserAuthSuccess, (await client.ReceiveAsync().Limited()).Number);
        client.Abort();
        await _gateway.Ends.NextAsync();
    }

    private async Task<string?> AssertExplainedAsync(ConnectionEnd? end, string words)
    {
        await using SshClientTransport client = await StartLoginAsync();
        return await AssertExplainedAsync(client, end, words);
    }

    /// <summary>The sentence comes as a banner and in the DISCONNECT, and no success before it.</summary>
    private async Task<string?> AssertExplainedAsync(SshClientTransport client, ConnectionEnd? end, string words)
    {
        string banner = BannerOf(await client.ReceiveAsync().Limited());
        // Where a login takes more than five seconds, the user reads that it does.
        if (banner.Contains("has not completed the login yet", StringComparison.Ordinal))
        {
            banner = BannerOf(await client.ReceiveAsync().Limited());
        }
        Assert.Contains(words, banner, StringComparison.Ordinal);
        PeerDisconnectedException told = await Assert.ThrowsAsync<PeerDisconnectedException>(() => client.ReceiveAsync().Limited());
        Assert.Equal(banner.TrimEnd(), told.Description);
        client.Abort();
        (ConnectionEnd ended, _, string? detail) = await _gateway.Ends.NextAsync();
        Assert.Equal(end ?? ended, ended);
        return detail;
    }

    private static string BannerOf(InboundPacket packet)
    {
        Assert.Equal(MessageNumber.UserAuthBanner, packet.Number);
        return Encoding.UTF8.GetString(new SshReader(packet.Payload[1..]).ReadString());
    }
}
