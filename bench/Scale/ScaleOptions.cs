using System.Globalization;

namespace SshGateway.Bench.Scale;

/// <param name="Server">The API server.</param>
/// <param name="Authority">PEM file of who signed its certificate.</param>
/// <param name="Token">Of a user who may do everything.</param>
/// <param name="Kubeconfig">The same, for the operator.</param>
/// <param name="OperatorProgram">The operator's dll.</param>
/// <param name="Sessions">How many sessions, and pods, at a time.</param>
/// <param name="ResultFile">Where the figures go as JSON.</param>
internal sealed record ScaleOptions(Uri Server, string Authority, string Token, string Kubeconfig, string OperatorProgram, int Sessions, string ResultFile)
{
    public static ScaleOptions Parse(string[] options) => options is [var server, var authority, var token, var kubeconfig, var program, var sessions, var result]
        ? new ScaleOptions(new Uri(server), authority, token, kubeconfig, program, int.Parse(sessions, CultureInfo.InvariantCulture), result)
        : throw new ArgumentException("seven options are needed: server, authority, token, kubeconfig, operator's dll, sessions, result file");
}
