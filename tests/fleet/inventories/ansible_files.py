"""One Ansible inventory with everything in it: a folder of INI, YAML, TOML and a script, variables beside them."""

import json
from pathlib import Path

INI = """\
lone.example ansible_port=2201

[web]
web[01:03].x.org:2222 role=front rack=3   # a comment
db-[a:c] tags="['a','b']"

[k8s-workers]
w1 ansible_host=10.0.0.1 ansible_user=root
w2 said='quoted text' truth=True number=0o17

[k8s-workers:vars]
env = prod # kept
ansible_ssh_common_args = -o ProxyJump=jump -o StrictHostKeyChecking=no

[big:children]
later
web
k8s-workers

[big:vars]
env=big
level=1

[later]
; nobody yet
"""
YAML = """\
all:
  vars: {domain: example.org, env: all}
  children:
    prod:
      hosts:
        w1: {ansible_become: yes}
        y[1:2]: {z: 1, ansible_host: "{{ inventory_hostname }}.{{ domain }}"}
      vars: {level: 9, ansible_group_priority: 3}
      children:
        big:
"""
SCRIPT = """\
#!/usr/bin/env python3
import json, sys
groups = {"dyn": {"hosts": ["d1", "w1"], "vars": {"q": 1}, "children": ["sub-x"]}, "sub-x": ["d2"]}
hostvars = {"d1": {"ansible_host": "192.0.2.4"}, "w1": {"from_script": True}}
print(json.dumps(groups | {"_meta": {"hostvars": hostvars}}) if sys.argv[1] == "--list" else "{}")
"""
OLD_SCRIPT = """\
#!/usr/bin/env python3
import json, sys
print(json.dumps({"old": ["o1", "o2"]} if sys.argv[1] == "--list" else {"name": sys.argv[2]}))
"""


def whole_inventory(folder: Path) -> Path:
    (folder / "01-hosts.ini").write_text(INI)
    (folder / "02.yml").write_text(YAML)
    (folder / "README.md").write_text("no inventory")
    (folder / "group_vars" / "all").mkdir(parents=True)
    (folder / "group_vars" / "all" / "a.yml").write_text("{from: all, level: 5}\n")
    (folder / "group_vars" / "prod.yml").write_text("level: 7\n")
    (folder / "host_vars").mkdir()
    (folder / "host_vars" / "y1").write_text("z: from host_vars\n")
    script(folder / "dynamic.py", SCRIPT)
    script(folder / "old.py", OLD_SCRIPT)
    return folder


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def json_of(text: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(text)
    return content
