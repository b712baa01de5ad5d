using System.Text.Json;

namespace DevicePlugin.Hosting;

/// <summary>Which plugin the host drives, and how far.</summary>
/// <param name="FileName">The plugin's executable.</param>
/// <param name="Arguments">Only <c>dotnet</c> needs any: the path of the plugin's assembly.</param>
/// <param name="Config">The keys of the plugin block, as the plugin's own schema has them.</param>
/// <param name="AutoMtls">Nomad itself does not ask for it.</param>
/// <param name="Samples">How many messages of the Stats stream to read.</param>
internal sealed record HostOptions(
    string FileName, IReadOnlyList<string> Arguments, JsonElement Config, bool AutoMtls, int Samples);
