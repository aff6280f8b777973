using System.Diagnostics;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd;

/// <summary>A proxy with few threads on a machine with many processors, and a crowd that wants to log in.</summary>
[Collection(EndToEndTests.Name)]
public sealed class ThreadTests(SharedGateway shared)
{
    // Each processor has an event loop; with 28 others, 6 are left for the pool, which would like to have 128.
    private const int Processors = 64;
    private const int Limit = 98;

    // Nobody's, so that the limit of its threads is this process's alone.
    private const string User = "54321";

    private const string Cipher = "aes128-gcm@openssh.com";
    private const string Mac = "hmac-sha2-256";

    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    private static readonly byte[] Opening =
    [
        .. "SSH-2.0-crowd\r\n"u8,
        .. RawConnection.Packet(RawConnection.KexInit("diffie-hellman-group16-sha512", "ssh-ed25519", Cipher, Cipher, Mac, Mac, "none", "none", "", "")),
    ];

    // KEXDH_INIT (RFC 4253 section 8) with a number of 511 bytes, which is in the group's range.
    private static readonly byte[] KeyExchange = RawConnection.Packet([30, 0, 0, 1, 0xff, .. Enumerable.Repeat<byte>(0x42, 511)]);

    [RealSshFact("prlimit", "setpriv")]
    public async Task A_proxy_with_few_threads_makes_do_with_them()
    {
        await using Gateway gateway = await Gateway.StartAsync(shared.Gateway.Keys, new GatewayOptions
        {
            ProxyArguments = [[$"--Proxy:MaxUnauthenticatedPerSource={10 * Processors}"]],
            // It has to read what root has written, and root has no limit.
            ProxyLauncher =
            [
                "env", $"DOTNET_PROCESSOR_COUNT={Processors}", "prlimit", $"--nproc={Limit}", "setpriv", $"--reuid={User}", "--clear-groups",
                "--inh-caps=-all,+dac_override", "--ambient-caps=+dac_override",
            ],
        });
        PodSshd pod = shared.Pod(SharedGateway.Alpha);
        gateway.Manifests.Write(
            new SessionManifest(SharedGateway.Alpha, [shared.UserKey.PublicLine]) { Port = pod.Endpoint.Port },
            new PodManifest(SharedGateway.Alpha, SharedGateway.Alpha, pod.Endpoint.Address));
        ProxyProcess proxy = gateway.Proxies[0];
        await proxy.Daemon.WaitForLineAsync($"The process may have {Limit} threads (pids.max, RLIMIT_NPROC) and should have 220.", Soon);
        SshClient client = SshClient.Create(proxy.Ssh, shared.UserKey, gateway.Keys.HostKeys);
        Assert.True((await client.RunWhenKnownAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);

        // The gateway computes for milliseconds for each of these, and each wants a thread at the same moment.
        List<RawConnection> crowd = [];
        try
        {
            for (int i = 0; i < Processors; i++)
            {
                crowd.Add(await RawConnection.OpenAsync(proxy.Ssh).WaitAsync(Soon));
                await crowd[i].SendAsync(Opening, CancellationToken.None).WaitAsync(Soon);
            }
            await Task.WhenAll(crowd.Select(connection => connection.SendAsync(KeyExchange, CancellationToken.None))).WaitAsync(Soon);
            Assert.True((await client.RunAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
            // The pool keeps its threads for 20 s. Some are left for the runtime, which ends the process without one.
            using Process process = Process.GetProcessById(proxy.Daemon.Id);
            Assert.InRange(process.Threads.Count, Processors, Limit - 1);
        }
        finally
        {
            crowd.ForEach(connection => connection.Dispose());
        }

        Assert.False(proxy.Daemon.HasExited, gateway.Logs);
        Assert.True((await client.RunAsync(SharedGateway.Alpha, "true")).Succeeded, gateway.Logs);
    }
}
