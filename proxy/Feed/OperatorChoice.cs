using Grpc.Core;

namespace SshGateway.Proxy.Feed;

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
