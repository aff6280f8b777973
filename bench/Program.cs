using System.Globalization;
using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;

switch (args)
{
    case ["table"]:
        TableBench.Run();
        await SyncBench.RunAsync();
        return 0;
    case ["source", var port, var sessions]:
        await SyntheticSource.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), int.Parse(sessions, CultureInfo.InvariantCulture));
        return 0;
    case ["scale", .. string[] options]:
        await ScaleBench.RunAsync(ScaleOptions.Parse(options));
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: sshgateway-bench table | scale <server> <authority.pem> <token> <kubeconfig> <operator.dll> <kube-apiserver's pid> <etcd's pid> <sessions> <proxies> <result.json>");
        return 2;
}
