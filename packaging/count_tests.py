#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints "passed failed skipped" of a JUnit XML report; fails when there is none."""
import sys
import xml.etree.ElementTree as tree

cases = list(tree.parse(sys.argv[1]).getroot().iter("testcase"))
failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None or c.get("status") == "fail"]
skipped = [c for c in cases if c not in failed and (c.find("skipped") is not None or c.get("status") in ("notrun", "disabled"))]
for case in failed:
    print(f"failed: {case.get('classname', '')} {case.get('name')}", file=sys.stderr)
print(len(cases) - len(failed) - len(skipped), len(failed), len(skipped))
