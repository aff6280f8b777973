using System.Text.Json;
using SshGateway.Operator.Model;

namespace SshGateway.Operator.Kubernetes.Api;

/// <summary>Reads what can still be read of an object that cannot be decoded.</summary>
internal delegate T? PartialReader<T>(ref Utf8JsonReader reader)
    where T : KubernetesObject;
