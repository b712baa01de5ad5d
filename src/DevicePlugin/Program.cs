using DevicePlugin.Commands;
using DevicePlugin.GoPlugin;
using DevicePlugin.GoPlugin.Stdio;
using DevicePlugin.Serving;

StandardStreams.FillClosed();

// Nomad starts the process three times and waits for each: what the command line needs is not touched when serving.
if (PluginHost.WasLaunchedByHost(NomadHandshake.Cookie))
{
    return await ServeCommand.RunAsync(args);
}

return args is [CudaProbeCommand.Name, ..]
    ? CudaProbeCommand.Run(args.ElementAtOrDefault(1), Console.Out)
    : await CommandLine.RunAsync(args);
