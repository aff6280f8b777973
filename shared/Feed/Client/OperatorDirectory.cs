using System.Net;
using System.Net.Sockets;
using Grpc.Core;

namespace SshGateway.Feed.Client;

/// <summary>Finds the operators of the setting Operators: a headless Service has one address per replica.</summary>
internal sealed class OperatorDirectory(IReadOnlyList<string> names)
{
    /// <exception cref="RpcException">No name has an address.</exception>
    public async Task<IReadOnlyList<OperatorAddress>> ResolveAsync(CancellationToken cancellationToken)
    {
        var found = new List<OperatorAddress>();
        SocketException? failure = null;
        foreach (string name in names)
        {
            // The options have been checked: it is host:port.
            var uri = new Uri($"http://{name}");
            try
            {
                IPAddress[] addresses = await Dns.GetHostAddressesAsync(uri.IdnHost, cancellationToken);
                found.AddRange(addresses.Select(address => new OperatorAddress(name, new IPEndPoint(address, uri.Port))));
            }
            catch (SocketException exception)
            {
                failure = exception;
            }
        }
        return found.Count > 0 ? [.. found.Distinct()] : throw new RpcException(new Status(
            StatusCode.Unavailable, $"{string.Join(", ", names)}: {failure?.Message ?? "the name has no address"}", failure));
    }
}

/// <summary>One operator: what it is called, which its certificate confirms, and where it is.</summary>
internal sealed record OperatorAddress(string Name, IPEndPoint EndPoint)
{
    public override string ToString() => Name == EndPoint.ToString() ? Name : $"{Name} ({EndPoint.Address})";
}

/// <summary>Takes an operator at random, so that proxies spread, but not the last one if there are others.</summary>
internal sealed class OperatorChoice(OperatorDirectory directory, Random random)
{
    private OperatorAddress? _last;

    /// <exception cref="RpcException">There is none.</exception>
    public async Task<OperatorAddress> NextAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<OperatorAddress> all = await directory.ResolveAsync(cancellationToken);
        OperatorAddress[] others = [.. all.Where(address => address != _last)];
        _last = others.Length > 0 ? others[random.Next(others.Length)] : all[0];
        return _last;
    }
}
