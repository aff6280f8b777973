using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>What listens at a pod's address may be anything: the user reads a sentence, the gateway lives on.</summary>
[Collection(OwnGatewayTests.Name)]
public sealed class HostilePodTests(SharedGateway shared)
{
    private static readonly TimeSpan LoginDeadline = TimeSpan.FromSeconds(10 + 3);

    private static readonly Dictionary<string, byte[]> Inputs = new()
    {
        ["nothing and a close"] = [],
        ["random bytes"] = RandomNumberGenerator.GetBytes(100_000),
        ["another protocol"] = Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
        ["ten thousand lines before the identification"] =
            [.. Enumerable.Repeat("so many other lines as RFC 4253 section 4.2 never meant\r\n"u8.ToArray(), 10_000).SelectMany(line => line)],
        ["protocol 1"] = Encoding.ASCII.GetBytes("SSH-1.5-old\r\n"),
        ["a packet of 4 GiB"] = [.. "SSH-2.0-pod\r\n"u8, .. RawConnection.Packet(uint.MaxValue, 4, new byte[1000])],
        ["success before the key exchange"] = [.. "SSH-2.0-pod\r\n"u8, .. RawConnection.Packet(52)],
    };

    public static TheoryData<string> Names => [.. Inputs.Keys];

    [RealSshTheory]
    [MemberData(nameof(Names))]
    public async Task Whatever_a_pod_says_its_user_reads_a_sentence(string input)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Loopback.ForPod());
        listener.Listen();
        Task pod = SayAsync(listener, Inputs[input]);
        WriteSession("hostile-pod", (IPEndPoint)listener.LocalEndPoint!);

        CommandResult result = await shared.Client.RunWhenKnownAsync("hostile-pod", "true");

        Assert.Equal(255, result.ExitCode);
        Assert.Contains("The pod of session hostile-pod", result.ErrorText, StringComparison.Ordinal);
        Assert.True(result.Elapsed < LoginDeadline, result.ToString());
        shared.Gateway.Manifests.Remove("hostile-pod");
        listener.Close();
        await pod;
    }

    [RealSshFact]
    public async Task A_pod_that_accepts_and_stays_silent_is_told_in_time()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(Loopback.ForPod());
        listener.Listen();
        WriteSession("silent-pod", (IPEndPoint)listener.LocalEndPoint!);

        CommandResult result = await shared.Client.RunWhenKnownAsync("silent-pod", "true");

        Assert.Equal(255, result.ExitCode);
        Assert.Contains("The pod of session silent-pod does not answer", result.ErrorText, StringComparison.Ordinal);
        Assert.True(result.Elapsed < LoginDeadline, result.ToString());
        shared.Gateway.Manifests.Remove("silent-pod");
    }

    [RealSshTheory]
    [InlineData("aes128-gcm@openssh.com", true)]
    [InlineData("aes128-gcm@openssh.com", false)]
    [InlineData("chacha20-poly1305@openssh.com", false)]
    [InlineData("aes128-ctr", false)]
    public async Task A_bit_flipped_between_gateway_and_pod_ends_the_session(string cipher, bool towardsPod)
    {
        const string Id = "tampered";
        await using PodSshd pod = await PodSshd.StartAsync(
            new PodOptions(Id, Id, shared.Gateway.Keys.UserCa.PublicFile) { ExtraConfig = [$"Ciphers {cipher}"] });
        BitFlip flip = new(200_000);
        await using TamperingRelay relay = TamperingRelay.Start(
            pod.Endpoint, Loopback.ForPod(), towardsPod ? flip : null, towardsPod ? null : flip);
        WriteSession(Id, relay.Endpoint);

        CommandResult result = await shared.Client.RunWhenKnownAsync(Id, "cat; echo finished >&2", new byte[1_000_000]);

        Assert.True(flip.Flipped, result.ToString());
        Assert.False(result.TimedOut, $"{result}\n{shared.Gateway.Logs}");
        Assert.Equal(255, result.ExitCode);
        Assert.True(result.Stdout.Length < 1_000_000, $"{result.Stdout.Length} bytes came back.");
        shared.Gateway.Manifests.Remove(Id);
    }

    private static async Task SayAsync(Socket listener, byte[] said)
    {
        while (true)
        {
            try
            {
                using Socket connection = await listener.AcceptAsync();
                await connection.SendAsync(said);
                connection.Shutdown(SocketShutdown.Send);
                byte[] ignored = new byte[4096];
                while (await connection.ReceiveAsync(ignored) > 0)
                {
                }
            }
            catch (SocketException) when (listener.SafeHandle is { IsClosed: false })
            {
                // The gateway broke off.
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void WriteSession(string id, IPEndPoint endpoint) => shared.Gateway.Manifests.Write(
        new SessionManifest(id, [shared.UserKey.PublicLine]) { Port = endpoint.Port },
        new PodManifest(id, id, endpoint.Address));
}
