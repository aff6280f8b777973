using System.Net;
using System.Security.Cryptography;
using System.Text;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>
/// Hostile bytes on the wire: each ends in a closed connection, in bounded memory, and the next login works.
/// </summary>
[Collection(SharedGatewayTests.Name)]
public sealed class HostileInputTests(SharedGateway shared)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>The limit for a key exchange and a margin.</summary>
    private static readonly TimeSpan HandshakeDeadline = TimeSpan.FromSeconds(10 + 3);

    private static readonly byte[] Identification = Encoding.ASCII.GetBytes("SSH-2.0-hostile\r\n");

    private static readonly byte[] GoodKexInit = RawConnection.KexInit(
        "curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com", "aes128-gcm@openssh.com",
        "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "");

    private static readonly string[] Endless = [.. Enumerable.Range(0, 10).Select(_ => new string('a', 3000))];

    private static readonly Dictionary<string, byte[]> Inputs = new()
    {
        ["zeros"] = new byte[100_000],
        ["random bytes"] = RandomNumberGenerator.GetBytes(100_000),
        ["a request of another protocol"] = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"),
        ["a TLS client hello"] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, .. RandomNumberGenerator.GetBytes(508)],
        ["protocol 1"] = Encoding.ASCII.GetBytes("SSH-1.5-old\r\n"),
        ["an identification without end"] = [.. "SSH-2.0-"u8, .. new byte[1_000_000].Select(_ => (byte)'x')],
        ["an identification with a NUL"] = [.. "SSH-2.0-a\0b\r\n"u8, .. RawConnection.Packet(GoodKexInit)],
        ["garbage in place of the first packet"] = [.. Identification, .. RandomNumberGenerator.GetBytes(100_000)],
        ["a packet of 4 GiB"] = [.. Identification, .. RawConnection.Packet(uint.MaxValue, 4, new byte[100_000])],
        ["a packet of 2 GiB"] = [.. Identification, .. RawConnection.Packet(0x80000000, 4, new byte[100_000])],
        ["a packet of 1 MiB"] = [.. Identification, .. RawConnection.Packet(1 << 20, 4, new byte[1 << 20])],
        ["a packet of length 0"] = [.. Identification, .. RawConnection.Packet(0, 0, new byte[64])],
        ["a packet of length 1"] = [.. Identification, .. RawConnection.Packet(1, 0, new byte[64])],
        ["a length that is no multiple of the block"] = [.. Identification, .. RawConnection.Packet(13, 4, new byte[64])],
        ["padding longer than its packet"] = [.. Identification, .. RawConnection.Packet(12, 200, new byte[64])],
        ["padding that leaves no payload"] = [.. Identification, .. RawConnection.Packet(12, 11, new byte[64])],
        ["padding shorter than 4"] = [.. Identification, .. RawConnection.Packet(12, 3, new byte[64])],
        ["no KEXINIT but an ignored message first, under strict kex"] =
            [.. Identification, .. RawConnection.Packet(2, 0, 0, 0, 0), .. RawConnection.Packet(Strict()), .. RawConnection.Packet(2, 0, 0, 0, 0)],
        ["a KEXINIT that ends in the middle"] = [.. Identification, .. RawConnection.Packet(GoodKexInit[..40])],
        ["a KEXINIT with a list longer than itself"] =
            [.. Identification, .. RawConnection.Packet([20, .. new byte[16], 0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4])],
        ["a KEXINIT with bytes behind its end"] = [.. Identification, .. RawConnection.Packet([.. GoodKexInit, 1, 2, 3])],
        ["a KEXINIT with nothing in common"] = [.. Identification, .. RawConnection.Packet(RawConnection.KexInit(Endless))],
        ["ten thousand KEXINITs"] = [.. Identification, .. Repeat(RawConnection.Packet(GoodKexInit), 10_000)],
        ["a million ignored messages"] = [.. Identification, .. Repeat(RawConnection.Packet(2, 0, 0, 0, 0), 1_000_000)],
        ["a service request before the key exchange"] =
            [.. Identification, .. RawConnection.Packet([5, 0, 0, 0, 12, .. "ssh-userauth"u8])],
        ["a channel before the key exchange"] =
            [.. Identification, .. RawConnection.Packet([90, 0, 0, 0, 7, .. "session"u8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 128, 0])],
        ["a login that is already successful"] = [.. Identification, .. RawConnection.Packet(52)],
        ["NEWKEYS before the key exchange"] = [.. Identification, .. RawConnection.Packet(GoodKexInit), .. RawConnection.Packet(21)],
        ["an all-zero public value"] =
            [.. Identification, .. RawConnection.Packet(GoodKexInit), .. RawConnection.Packet([30, 0, 0, 0, 32, .. new byte[32]])],
        ["a public value of the wrong length"] =
            [.. Identification, .. RawConnection.Packet(GoodKexInit), .. RawConnection.Packet([30, 0, 0, 0, 31, .. new byte[31]])],
    };

    public static TheoryData<string> Names => [.. Inputs.Keys];

    private IPEndPoint Ssh => shared.Gateway.Proxies[0].Ssh;

    [RealSshTheory]
    [MemberData(nameof(Names))]
    public async Task Hostile_bytes_end_in_a_closed_connection(string input)
    {
        using CancellationTokenSource timeout = new(Deadline);
        using RawConnection connection = await RawConnection.OpenAsync(Ssh);

        Task sending = connection.SendAsync(Inputs[input], timeout.Token);
        bool closed = await connection.IsClosedAsync(timeout.Token);

        Assert.True(closed, $"After {input} the connection is still open.\n{connection.Received}\n{shared.Gateway.Logs}");
        await sending;
    }

    [RealSshFact]
    public async Task A_client_that_says_nothing_or_stops_halfway_is_closed_in_time()
    {
        byte[][] halves =
        [
            [],
            [.. "SSH-2.0-hal"u8],
            Identification,
            [.. Identification, .. RawConnection.Packet(GoodKexInit)[..20]],
            [.. Identification, .. RawConnection.Packet(GoodKexInit)],
            [.. Identification, .. RawConnection.Packet(200_000, 4, new byte[100_000])],
        ];
        using CancellationTokenSource timeout = new(HandshakeDeadline);

        bool[] closed = await Task.WhenAll(halves.Select(async half =>
        {
            using RawConnection connection = await RawConnection.OpenAsync(Ssh);
            await connection.SendAsync(half, timeout.Token);
            return await connection.IsClosedAsync(timeout.Token);
        }));

        Assert.Equal(Enumerable.Repeat(true, halves.Length), closed);
    }

    [RealSshFact]
    public async Task A_client_that_closes_halfway_is_forgotten()
    {
        byte[] all = [.. Identification, .. RawConnection.Packet(GoodKexInit), .. RawConnection.Packet([30, 0, 0, 0, 32, 9, .. new byte[31]])];
        using CancellationTokenSource timeout = new(Deadline);
        for (int length = 0; length <= all.Length; length += 13)
        {
            using RawConnection connection = await RawConnection.OpenAsync(Ssh);
            await connection.SendAsync(all.AsMemory(0, length), timeout.Token);
            connection.FinishSending();
            Assert.True(await connection.IsClosedAsync(timeout.Token), $"Still open after the first {length} bytes and the end.");
        }
    }

    [RealSshTheory]
    [InlineData("aes128-gcm@openssh.com", "hmac-sha2-256")]
    [InlineData("chacha20-poly1305@openssh.com", "hmac-sha2-256")]
    [InlineData("aes128-ctr", "hmac-sha2-256")]
    [InlineData("aes256-ctr", "hmac-sha2-512-etm@openssh.com")]
    public async Task A_bit_flipped_on_the_way_from_the_client_ends_the_session(string cipher, string mac)
    {
        // The bit lies behind the login, which takes about 4 kB, and inside the megabyte that the command reads.
        BitFlip flip = new(200_000);
        await using TamperingRelay relay = TamperingRelay.Start(shared.Gateway.Proxies[1].Ssh, Loopback.ForPod(), there: flip);
        SshClient client = SshClient.Create(relay.Endpoint, shared.UserKey, shared.Gateway.Keys.HostKeys)
            .With($"Ciphers={cipher}", $"MACs={mac}");

        CommandResult result = await client.RunAsync(SharedGateway.Alpha, "cat; echo finished >&2", new byte[1_000_000], TimeSpan.FromSeconds(20));

        Assert.True(flip.Flipped);
        Assert.False(result.TimedOut, $"{result}\n{shared.Gateway.Logs}");
        Assert.Equal(255, result.ExitCode);
        Assert.True(result.Stdout.Length < 200_000, $"{result.Stdout.Length} bytes came back.");
        Assert.DoesNotContain("finished", result.ErrorText, StringComparison.Ordinal);
    }

    [RealSshFact]
    public async Task A_storm_of_hostile_connections_leaves_memory_bounded_and_logins_working()
    {
        Daemon proxy = shared.Gateway.Proxies[0].Daemon;
        long before = proxy.ResidentBytes();
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(60));
        byte[][] inputs = [.. Inputs.Values.Where(input => input.Length <= 200_000)];

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 600),
            new ParallelOptions { MaxDegreeOfParallelism = 60, CancellationToken = timeout.Token },
            async (number, cancel) =>
            {
                using RawConnection connection = await RawConnection.OpenAsync(Ssh);
                await connection.SendAsync(inputs[number % inputs.Length], cancel);
                Assert.True(await connection.IsClosedAsync(cancel));
            });

        long grown = proxy.ResidentBytes() - before;
        Assert.True(grown < 100 << 20, $"The proxy grew by {grown >> 20} MiB.");
        CommandResult login = await shared.Client.RunAsync(SharedGateway.Beta, "echo $POD");
        Assert.True(login.Text == "beta\n", $"{login}\n{shared.Gateway.Logs}");
    }

    private static byte[] Strict() => RawConnection.KexInit(
        "curve25519-sha256,kex-strict-c-v00@openssh.com", "ssh-ed25519", "aes128-gcm@openssh.com", "aes128-gcm@openssh.com",
        "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", "");

    private static byte[] Repeat(byte[] packet, int times)
    {
        byte[] all = new byte[packet.Length * times];
        for (int time = 0; time < times; time++)
        {
            packet.CopyTo(all, time * packet.Length);
        }

        return all;
    }
}
