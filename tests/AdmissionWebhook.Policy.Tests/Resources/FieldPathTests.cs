using AdmissionWebhook.Policy.Values;

namespace AdmissionWebhook.Policy.Tests.Resources;

public sealed class FieldPathTests
{
    [Fact]
    public void Writes_a_path_for_people_and_as_a_JSON_pointer()
    {
        var path = FieldPath.Spec / "rules" / 0 / "host";

        Assert.Equal("spec.rules[0].host", path.ToString());
        Assert.Equal("/spec/rules/0/host", path.ToPointer());
    }

    [Fact]
    public void Writes_a_map_key_in_brackets_and_escapes_it_in_a_pointer()
    {
        var path = FieldPath.Metadata / "annotations" / "nginx.ingress.kubernetes.io/a~b";

        Assert.Equal("metadata.annotations[nginx.ingress.kubernetes.io/a~b]", path.ToString());
        Assert.Equal("/metadata/annotations/nginx.ingress.kubernetes.io~1a~0b", path.ToPointer());
    }

    [Fact]
    public void Paths_are_equal_step_by_step()
    {
        Assert.Equal(FieldPath.Spec / "rules" / 1, FieldPath.Root / "spec" / "rules" / 1);
        Assert.NotEqual(FieldPath.Spec / "rules" / 1, FieldPath.Spec / "rules" / 0);
        Assert.NotEqual(FieldPath.Spec, FieldPath.Spec / "rules");
        Assert.NotEqual(FieldPath.Root, FieldPath.Spec);
    }

    [Fact]
    public void A_relative_path_continues_another()
    {
        var path = (FieldPath.Root / "items" / 3).Append(FieldPath.Spec / "type");

        Assert.Equal("items[3].spec.type", path.ToString());
    }
}
