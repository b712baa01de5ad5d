using System.Text;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.UnitTests.Documentation;

namespace DevicePlugin.UnitTests.Nomad.Configuration;

internal sealed class ConfigurationDocsTests
{
    [Test]
    public void TableOfKeys_InTheDocument_IsTheCurrentOne()
    {
        var table = new StringBuilder("| key | type | default | accepts | meaning |\n|---|---|---|---|---|\n");
        foreach (var key in ConfigSchema.Keys)
        {
            table.Append($"| `{key.Path}` | `{key.Type}` | `{key.DefaultLiteral}` ")
                .Append($"| {GeneratedTable.Escape(key.Allowed)} | {GeneratedTable.Escape(key.Description)} |\n");
        }

        GeneratedTable.AssertIsCurrent("docs/configuration.md", "keys", table.ToString());
    }
}
