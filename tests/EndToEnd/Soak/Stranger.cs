using System.Net;
using System.Net.Sockets;
using System.Text;
using SshGateway.Ssh.Keys;
using SshGateway.Tests.Support.Fuzzing;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Ssh;

namespace SshGateway.Tests.EndToEnd.Soak;

/// <summary>Somebody who means harm: without a login, and with one.</summary>
internal static class Stranger
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    public static async Task AttackAsync(SoakGateway gateway, int proxy, int session, Random random, CancellationToken enough)
    {
        IPEndPoint there = gateway.Proxies[proxy].Ssh;
        string id = SoakGateway.Id(session);
        switch (random.Next(6))
        {
            case 0:
                await SendDamagedAsync(there, random, client => Task.FromResult(client.BeforeAuthentication(id, gateway.UserKey)));
                break;
            case 1:
                await SendDamagedAsync(there, random, async client =>
                {
                    await client.LogInAsync(id, gateway.UserKey);
                    return FuzzingClient.AfterAuthentication(id);
                });
                break;
            case 2:
                await SendAsync(there, [], () => SoakTests.PauseAsync(Silence, enough));
                break;
            case 3:
                byte[] noise = new byte[random.Next(1, 4096)];
                random.NextBytes(noise);
                await SendAsync(there, noise);
                break;
            case 4:
                await SendAsync(there, Encoding.ASCII.GetBytes($"CONNECT {id}:22 HTTP/1.1\r\n\r\nSSH-2.0-x\r\n"));
                break;
            default:
                using (var key = Ed25519PrivateKey.Generate())
                {
                    await using FuzzingClient client = await FuzzingClient.ConnectAsync(there);
                    foreach (byte[] message in client.BeforeAuthentication(id, key).Take(5))
                    {
                        await client.TrySendAsync(message);
                    }
                    await client.EndAsync();
                }
                break;
        }
    }

    private static async Task SendDamagedAsync(IPEndPoint there, Random random, Func<FuzzingClient, Task<IReadOnlyList<byte[]>>> prepare)
    {
        await using FuzzingClient client = await FuzzingClient.ConnectAsync(there);
        IReadOnlyList<byte[]> samples = await prepare(client);
        Mutator mutator = new(random.Next());
        for (int message = 0; message < 3; message++)
        {
            byte[] damaged = mutator.Next(samples);
            await client.TrySendAsync(damaged.Length == 0 ? [0] : damaged);
        }
        await client.EndAsync();
    }

    private static async Task SendAsync(IPEndPoint there, byte[] bytes, Func<Task>? beforeItCloses = null)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(there).Limited();
        await socket.SendAsync(bytes).Limited();
        await (beforeItCloses?.Invoke() ?? Task.CompletedTask);
    }
}
