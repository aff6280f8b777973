using SshGateway.Operator.Model;

namespace SshGateway.Operator.Routing;

/// <summary>
/// Whose an address is. Two pods can show one address for a while: a pod that vanished with its node keeps the address
/// in its status while the network gives it to the next pod. The pod that started later owns it.
/// </summary>
internal sealed class AddressOwners
{
    private readonly Dictionary<string, Pod> _owners = new(StringComparer.Ordinal);

    public AddressOwners(IEnumerable<Pod> pods)
    {
        foreach (Pod pod in pods)
        {
            // Pods on the host's network share their node's address rightly; ended ones have given theirs back.
            if (pod.Address is { } address && !pod.IsTerminal && pod.Spec is not { HostNetwork: true }
                && (!_owners.TryGetValue(address, out Pod? owner) || PodStartOrder.Instance.Compare(pod, owner) > 0))
            {
                _owners[address] = pod;
            }
        }
    }

    public bool Owns(Pod pod) => pod.Address is { } address
        && (!_owners.TryGetValue(address, out Pod? owner) || owner.Uid == pod.Uid);
}
