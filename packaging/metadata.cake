// What describes the downloads: a bill of materials for each, the provenance of all, and their sums. No service is needed to make or to
// check them, and nothing in them changes from one run to the next.
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

record Component(string Name, string Version, string Folder);

string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(System.IO.File.ReadAllBytes(path)));

// What the restore of this flavour chose; Publish keeps it.
JsonNode Assets(string flavour, string root) => JsonNode.Parse(System.IO.File.ReadAllText($"{root}/staging/{flavour}.assets.json"));

Component At(JsonNode assets, string name, string version) =>
    new(name, version, $"{assets["packageFolders"].AsObject().First().Key}{name.ToLowerInvariant()}/{version}");

// The runtime and the framework, which are in the executable.
List<Component> RuntimePacks(string flavour, string root)
{
    var assets = Assets(flavour, root);
    return
    [
        .. assets["project"]["frameworks"]["net10.0"]["downloadDependencies"].AsArray()
            .Select(pack => At(assets, (string)pack["name"], ((string)pack["version"]).Trim('[', ']').Split(',')[0]))
            .Where(pack => pack.Name.Contains(".App.Runtime.")),
    ];
}

// The packages whose assemblies are in the executable.
IEnumerable<Component> Packages(string flavour, string root)
{
    var assets = Assets(flavour, root);
    return assets["targets"][$"net10.0/{flavour.Replace("-compat", "")}"].AsObject()
        .Where(library => (string)library.Value["type"] == "package"
            && library.Value["runtime"] is JsonObject files && files.Any(file => !file.Key.EndsWith("_._")))
        .Select(library => library.Key.Split('/')).Select(parts => At(assets, parts[0], parts[1]));
}

JsonObject Describe(Component component)
{
    var specification = XDocument.Load(GetFiles($"{component.Folder}/*.nuspec").Single().FullPath);
    var hash = System.IO.File.ReadAllText(GetFiles($"{component.Folder}/*.nupkg.sha512").Single().FullPath);
    return new JsonObject
    {
        ["type"] = "library",
        ["bom-ref"] = $"pkg:nuget/{component.Name}@{component.Version}",
        ["name"] = component.Name,
        ["version"] = component.Version,
        ["hashes"] = new JsonArray(new JsonObject
        {
            ["alg"] = "SHA-512", ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(hash)),
        }),
        ["licenses"] = new JsonArray(new JsonObject
        {
            ["expression"] = specification.Descendants().Single(element => element.Name.LocalName == "license").Value,
        }),
        ["purl"] = $"pkg:nuget/{component.Name}@{component.Version}",
    };
}

// RFC 9562, version 8: the number is a hash of what it is for.
string SerialNumber(string text)
{
    var bytes = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))[..16];
    bytes[6] = (byte)(bytes[6] & 0x0f | 0x80);
    bytes[8] = (byte)(bytes[8] & 0x3f | 0x80);
    return $"urn:uuid:{new Guid(bytes, bigEndian: true)}";
}

void WriteJson(string path, JsonNode json) => System.IO.File.WriteAllText(
    path, json.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");

void WriteBillOfMaterials(string file, string flavour, string root, string version, DateTimeOffset time)
{
    var name = System.IO.Path.GetFileName(file);
    var hash = Hash(file);
    WriteJson($"{file}.cdx.json", new JsonObject
    {
        ["bomFormat"] = "CycloneDX",
        ["specVersion"] = "1.6",
        ["serialNumber"] = SerialNumber($"{name} {hash}"),
        ["version"] = 1,
        ["metadata"] = new JsonObject
        {
            ["timestamp"] = time.ToString("yyyy-MM-ddTHH:mm:ssZ"),
            ["component"] = new JsonObject
            {
                ["type"] = "application",
                ["bom-ref"] = name,
                ["name"] = "nomad-device-gpu",
                ["version"] = version,
                ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-256", ["content"] = hash }),
                ["licenses"] = new JsonArray(new JsonObject { ["expression"] = "MPL-2.0" }),
            },
        },
        ["components"] = new JsonArray([.. Packages(flavour, root).Concat(RuntimePacks(flavour, root))
            .OrderBy(component => component.Name, StringComparer.Ordinal).Select(Describe)]),
    });
}

// The first line of what a tool says of itself.
string ToolVersion(string command, string arguments) => Ask(command, arguments).Split('\n')[0].Trim();

// An in-toto statement with SLSA's predicate.
void WriteProvenance(string folder, string version)
{
    JsonObject Subject(string path) => new()
    {
        ["name"] = System.IO.Path.GetFileName(path), ["digest"] = new JsonObject { ["sha256"] = Hash(path) },
    };
    var inputs = Ask("git", "ls-files global.json Directory.Packages.props .config/dotnet-tools.json *packages.lock.json")
        .Split('\n').Select(path => new JsonObject
        {
            ["uri"] = path, ["digest"] = new JsonObject { ["sha256"] = Hash(path) },
        });
    WriteJson($"{folder}/nomad-device-gpu_{version}_provenance.json", new JsonObject
    {
        ["_type"] = "https://in-toto.io/Statement/v1",
        ["subject"] = new JsonArray([.. System.IO.Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(Subject)]),
        ["predicateType"] = "https://slsa.dev/provenance/v1",
        ["predicate"] = new JsonObject
        {
            ["buildDefinition"] = new JsonObject
            {
                ["buildType"] = "urn:nomad-device-gpu:release",
                ["externalParameters"] = new JsonObject { ["command"] = $"./build.sh release --version={version}" },
                ["internalParameters"] = new JsonObject
                {
                    ["system"] = ToolVersion("bash", "-c \". /etc/os-release && echo $PRETTY_NAME\""),
                    ["dotnet"] = ToolVersion("dotnet", "--version"),
                    ["clang"] = ToolVersion("clang", "--version"),
                    ["lld"] = ToolVersion("ld.lld", "--version"),
                    ["rpmbuild"] = ToolVersion("rpmbuild", "--version"),
                },
                ["resolvedDependencies"] = new JsonArray(
                [
                    new JsonObject
                    {
                        ["uri"] = "git", ["digest"] = new JsonObject { ["gitCommit"] = Ask("git", "rev-parse HEAD") },
                    },
                    .. inputs,
                ]),
            },
            ["runDetails"] = new JsonObject
            {
                ["builder"] = new JsonObject { ["id"] = "urn:nomad-device-gpu:build.sh" },
            },
        },
    });
}

void WriteSums(string folder) => System.IO.File.WriteAllText(
    $"{folder}/SHA256SUMS",
    string.Concat(System.IO.Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToList()
        .Select(path => $"{Hash(path)}  {System.IO.Path.GetFileName(path)}\n")));
