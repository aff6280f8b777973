using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// A test against a real kube-apiserver and etcd; skipped, and counted as skipped, where they cannot be had.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KubernetesFactAttribute : FactAttribute
{
    public KubernetesFactAttribute() => Skip = KubernetesPrograms.Problem;
}
