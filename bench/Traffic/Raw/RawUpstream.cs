using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SshGateway.Bench.Traffic.Raw;

/// <summary>A source and sink of bytes behind a relay, which costs little beside it.</summary>
internal static class RawUpstream
{
    /// <summary>Listens on one port of several addresses, one for each pod, and never returns.</summary>
    public static Task RunAsync(int port, IEnumerable<IPAddress> addresses) =>
        Listeners.RunAsync(port, addresses, ServeAsync);

    private static async Task ServeAsync(Socket client)
    {
        using (client)
        {
            client.NoDelay = true;
            try
            {
                byte[] order = new byte[RawBytes.OrderSize];
                for (int read = 0; read < order.Length;)
                {
                    int count = await client.ReceiveAsync(order.AsMemory(read));
                    if (count == 0)
                    {
                        return;
                    }
                    read += count;
                }
                for (long left = BinaryPrimitives.ReadInt64BigEndian(order); left > 0;)
                {
                    left -= await client.SendAsync(RawBytes.Piece(left));
                }
                while (await client.ReceiveAsync(RawBytes.Buffer.AsMemory()) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // The client has gone.
            }
        }
    }
}
