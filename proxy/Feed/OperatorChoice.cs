using Grpc.Core;

namespace SshGateway.Proxy.Feed;

/// <summary>
/// Takes one of the operators at random, so that proxies spread, and if there is a choice not the same as the last
/// time, which has just ended.
/// </summary>
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
