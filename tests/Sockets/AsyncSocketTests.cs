using System.Net;
using System.Net.Sockets;
using SshGateway.Proxy.Sockets;
using Xunit;

namespace SshGateway.Tests.Sockets;

public sealed class AsyncSocketTests
{
    // A listener on [::] shows IPv4 clients as ::ffff:a.b.c.d.
    [Fact]
    public async Task IPv4_clients_of_an_IPv6_listener_are_named_by_their_IPv4_address()
    {
        using var listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        listener.Listen(1);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listener.LocalEndPoint!).Port);
        using var accepted = new AsyncSocket(await listener.AcceptAsync());
        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
    }
}
