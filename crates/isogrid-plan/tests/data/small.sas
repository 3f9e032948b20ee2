begin_version
3
end_version
begin_metric
1
end_metric
3
begin_variable
lamp
-1
2
Atom off(lamp)
Atom on(lamp)
end_variable
begin_variable
book
-1
2
Atom closed(book)
<none of those>
end_variable
begin_variable
light
0
2
Atom light()
NegatedAtom light()
end_variable
1
begin_mutex_group
2
0 0
0 1
end_mutex_group
begin_state
0
0
1
end_state
begin_goal
1
1 1
end_goal
2
begin_operator
switch lamp
0
1
0 0 0 1
3
end_operator
begin_operator
read book
1
2 0
2
0 1 0 1
1 0 1 0 -1 1
4
end_operator
1
begin_rule
1
0 1
2 1 0
end_rule
