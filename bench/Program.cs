using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;

switch (args)
{
    case ["table"]:
        TableBench.Run();
        return 0;
    case ["scale", .. string[] options]:
        await ScaleBench.RunAsync(ScaleOptions.Parse(options));
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: sshgateway-bench table | scale <server> <authority.pem> <token> <kubeconfig> <operator.dll> <sessions> <result.json>");
        return 2;
}
