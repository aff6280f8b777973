namespace SshGateway.Operator.Kubernetes.Keys;

internal static partial class KeysLog
{
    [LoggerMessage(1, LogLevel.Information, "Made the Secret {Namespace}/{Secret}: {Fingerprints}")]
    public static partial void Made(ILogger logger, string @namespace, string secret, string fingerprints);

    [LoggerMessage(2, LogLevel.Information, "Made the ConfigMap {Namespace}/{ConfigMap}: the user CA's public key, which the pods are to trust")]
    public static partial void Published(ILogger logger, string @namespace, string configMap);

    [LoggerMessage(3, LogLevel.Error, "The gateway's keys in the namespace {Namespace} could not be read or made: {Problem}")]
    public static partial void Failed(ILogger logger, string @namespace, string problem);
}
