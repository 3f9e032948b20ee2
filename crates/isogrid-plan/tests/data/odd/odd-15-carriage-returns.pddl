; twin: tower-problem
(define (problem four-blocks)
  (:domain tower)
  (:objects a b c d table)
  (:init (block a) (block b) (block c) (block d) (floor table)
    (on a b) (on b c) (on c table) (on d table) (clear a) (clear d))
  (:goal (and (on c b) (on b a) (on a d))))
