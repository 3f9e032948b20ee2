; twin: wires-problem
(define (problem three-nodes)
  (:domain wires)
  (:objects n1 n2 n3 n4 - node)
  (:init (source n1) (wire n1 n2) (WIRE N1 N2) (wire
;
n1 n2) (wire n2 n3) (wire n1 n4))
  (:goal (and (seen n3) (seen n4))))
