using System.Buffers;
using System.Globalization;
using System.Text;
using DevicePlugin.Nomad.Agent;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests.Fuzz;
using DevicePlugin.UnitTests.Nomad.Configuration;
using MessagePack;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>The plugin block in each form that it comes in, and the agent's file that has it.</summary>
internal sealed class ConfigFuzz
{
    private const string Block =
        """
        {"enabled":true,"ignored_gpu_ids":["GPU-1"],"fingerprint_period":"1m30s","backend":"fake","fake":{"scenario":"t4"},
        "health":{"ignored_xids":[13],"critical_xids":[48],"call_timeout":"10s","report_only":["thermal"]},
        "reserve":{"strategies":["envvar","cdi"],"extra_nodes":[{"path":"/dev/x"}],"imex_channels":[0]},
        "sharing":[{"strategy":"time-slicing","replicas":4,"devices":["*"],"rename":false}],
        "mps":{"memory_limit":"4GiB","thread_percentage":50},"metrics":{"address":"127.0.0.1:9400"}}
        """;

    private const string AgentHcl =
        """
        data_dir = "/var/lib/nomad" # comment
        client { enabled = true }
        plugin "nomad-device-gpu" {
          config {
            enabled = true
            fingerprint_period = "30s"
            ignored_gpu_ids = ["GPU-1", "GPU-2",]
            health { ignored_xids = [13, 31.0e0] }
            sharing { strategy = "mps" replicas = 4 }
            note = <<EOF
        text }
        EOF
            computed = env("A", [1])
          }
        }
        """;

    private const string AgentJson =
        """
        {"data_dir":"/var/lib/nomad","plugin_dir":"/p","client":[{"enabled":true}],
        "plugin":[{"nomad-device-gpu":[{"config":[{"enabled":true,"health":[{"ignored_xids":[13]}]}]}]}]}
        """;

    private static readonly string[] ConfigWords =
    [
        "enabled", "health", "sharing", "reserve", "metrics", "state_dir", "maintenance_file", "time-slicing", "mps", "1h", "-1s", "9999999h",
        "1ns", "4GiB", "99999999999999999GiB", "all", "[::]:0", "GPU-*",
    ];

    [Test]
    public void MessagePack_IsReadOrRefused_AndReadsBackTheSame() => new FuzzRun(
        3000,
        ConfigBytes.Fixture("config-empty.msgpack"), ConfigBytes.Fixture("config-official.msgpack"),
        ConfigBytes.Fixture("config-blocks.msgpack"), ConfigBytes.MessagePack(Block))
    {
        Words = ConfigWords,
    }.Run(input =>
    {
        if (TryRead(() => PluginConfigReader.FromMessagePack(input)) is { } parsed)
        {
            var again = PluginConfigReader.FromMessagePack(ConfigBytes.Write(
                (ref MessagePackWriter writer) => Write(ref writer, MessagePackValues.Read(input))));
            FuzzRun.Require(again == parsed, "what was read is not what is read again");
        }
    });

    [Test]
    public void Json_IsReadOrRefused_AndReadsBackTheSame() => new FuzzRun(3000, Block, "{}", """{"sharing":{}}""")
    {
        Words = ConfigWords,
    }.Run(input =>
    {
        if (TryRead(() => PluginConfigReader.FromJson(input)) is { } parsed)
        {
            var again = PluginConfigReader.FromMessagePack(ConfigBytes.Write(
                (ref MessagePackWriter writer) => Write(ref writer, JsonValues.Read(input))));
            FuzzRun.Require(again == parsed, "the block in JSON is not the same in MessagePack");
        }
    });

    [Test]
    public void AgentConfig_IsReadOrRefused_AndItsBlockIsJson() => new FuzzRun(
        2500, AgentHcl, AgentJson, File.ReadAllText(Path.Combine(DevicePlugin.Tests.Repository.Root, "examples", "agent.hcl")))
    {
        Words = ["plugin", "config", "client", "nomad-device-gpu", "enabled", "data_dir", "EOF", "<<-EOF", "*/", "//", "${", "$${"],
    }.RunText(text =>
    {
        AgentConfig agent;
        try
        {
            agent = AgentConfig.Read("/none/agent.hcl", _ => text);
        }
        catch (FormatException exception)
        {
            FuzzRun.Require(exception.Message.StartsWith("/none/agent.hcl: ", StringComparison.Ordinal), "the message does not name the file");
            return;
        }

        foreach (var label in agent.PluginLabels)
        {
            // As the commands take it: a copy that becomes text.
            var block = agent.ConfigOf(label)?.DeepClone().ToJsonString();
            if (block is not null)
            {
                TryRead(() => PluginConfigReader.FromJson(Encoding.UTF8.GetBytes(block)));
            }
        }
    });

    private static ParsedConfig? TryRead(Func<ParsedConfig> read)
    {
        try
        {
            return read();
        }
        catch (PluginConfigException exception)
        {
            FuzzRun.Require(exception.Errors.Count > 0, "an exception without an error");
            return null;
        }
    }

    private static void Write(ref MessagePackWriter writer, ConfigValue value)
    {
        switch (value)
        {
            case ConfigValue.Flag flag:
                writer.Write(flag.Value);
                break;
            case ConfigValue.Number number when WholeNumber.TryParse(number.Digits, out var whole):
                writer.Write(whole);
                break;
            case ConfigValue.Number number:
                writer.Write(double.Parse(number.Digits, CultureInfo.InvariantCulture));
                break;
            case ConfigValue.Text text:
                writer.Write(text.Value);
                break;
            case ConfigValue.List list:
                writer.WriteArrayHeader(list.Items.Length);
                foreach (var item in list.Items)
                {
                    Write(ref writer, item);
                }

                break;
            case ConfigValue.Block block:
                writer.WriteMapHeader(block.Entries.Length);
                foreach (var (key, item) in block.Entries)
                {
                    writer.Write(key);
                    Write(ref writer, item);
                }

                break;
            case ConfigValue.Foreign:
                writer.WriteExtensionFormat(new ExtensionResult(0, new ReadOnlySequence<byte>([0])));
                break;
            default:
                writer.WriteNil();
                break;
        }
    }
}
