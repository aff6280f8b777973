using System.Globalization;

namespace SshGateway.Bench.Scale;

/// <param name="Server">The API server.</param>
/// <param name="Authority">PEM file of who signed its certificate.</param>
/// <param name="Token">Of a user who may do everything.</param>
/// <param name="Kubeconfig">The same, for the operator.</param>
/// <param name="OperatorProgram">The operator's dll.</param>
/// <param name="ServerIds">The processes of the API server and of etcd.</param>
/// <param name="Sessions">How many sessions, and pods.</param>
/// <param name="Proxies">How many streams.</param>
/// <param name="ResultFile">Where the measurements go as JSON.</param>
internal sealed record ScaleOptions(
    Uri Server, string Authority, string Token, string Kubeconfig, string OperatorProgram, (int ApiServer, int Etcd) ServerIds, int Sessions, int Proxies, string ResultFile)
{
    public static ScaleOptions Parse(string[] options) => options is [var server, var authority, var token, var kubeconfig, var program, var apiServer, var etcd, var sessions, var proxies, var result]
        ? new ScaleOptions(new Uri(server), authority, token, kubeconfig, program, (Number(apiServer), Number(etcd)), Number(sessions), Number(proxies), result)
        : throw new ArgumentException("ten options are needed: server, authority, token, kubeconfig, operator's dll, process ids of kube-apiserver and etcd, sessions, proxies, result file");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
